"""An app over a small handbook."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.server.pages.site import HANDBOOK, NOTES, served


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    more = {f"more-{n:02}.md": f"# More {n}\n\nA card of kind {n}.\n" for n in range(30)}
    files = {"handbook.md": HANDBOOK, "notes.txt": NOTES, **more}
    with served(tmp_path_factory.mktemp("pages"), files) as client:
        yield client
