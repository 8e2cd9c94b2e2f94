"""What the tests of models share."""

import pytest

from askdex.indexer.models import confirmed


@pytest.fixture(autouse=True)
def any_folder_is_confirmed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of these tests are folders that no user has named; see test_confirmed.py for that."""
    if request.module.__name__ != f"{__package__}.test_confirmed":
        monkeypatch.setattr(confirmed, "require_confirmed", lambda _: None)
