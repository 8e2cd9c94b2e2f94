"""Ranking by late interaction: codes are made when documents are indexed, and used when questions are asked."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.models import token_codes, token_models
from askdex.indexer.models.late_interaction import CODEC
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.models.token_models import TokenModelKind
from askdex.indexer.search.fusion import Candidates, with_matches
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import sqlite
from askdex.indexer.store.folder import FILE
from askdex.indexer.types import Mode, Query, Response, Vectors
from tests.stubs import StubEncoder, write_files

NOTES = {
    "bridge.md": "# Bridge\n\nThe bridge is closed when the wind is strong.\n",
    "ferry.md": "# Ferry\n\nThe ferry is closed when the bridge is open and the wind is strong, says the bridge keeper.\n",
    "fähre.md": "---\nlanguage: de\n---\n# Fähre\n\nDie Fähre fährt bei Wind nicht.\n",
}
QUESTION = "bridge wind"


class StubTokenModel:
    """Gives every token a direction of its own; `read` counts the passages that it gave codes."""

    fingerprint = "stub"

    def __init__(self) -> None:
        self.read: list[str] = []

    def question(self, text: str) -> QuestionTokens | None:
        return QuestionTokens(np.stack([self._vector(word) for word in text.lower().split()]), CODEC)

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        self.read += texts
        return [CODEC.codes(np.stack([self._vector(word) for word in text.lower().split()])) for text in texts]

    def _vector(self, word: str) -> Vectors:
        vector = np.random.default_rng(list(word.strip(".,#").encode())).standard_normal(token_codes.DIMENSION)
        unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> StubTokenModel:
    """The model, installed and used with the stub encoder."""
    return installed(monkeypatch, StubTokenModel())


def installed(monkeypatch: pytest.MonkeyPatch, stub: StubTokenModel) -> StubTokenModel:
    kind = TokenModelKind("stub", stub.fingerprint, ("en", "und"), lambda _: stub)
    monkeypatch.setattr(token_models, "kind_for", lambda _: kind)
    return stub


def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_models, "kind_for", lambda _: None)


def indexed(folder: Path, notes: dict[str, str] | None = None) -> Path:
    write_files(folder / "docs", notes or NOTES)
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


def asked(index: Path, mode: Mode = Mode.FAST) -> Response:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        return searcher.search(Query(QUESTION, mode=mode, explain=True))


def gains(response: Response) -> dict[str, float | None]:
    """What late interaction adds to each result, by its document."""
    return {
        result.passage.document.uri: result.explanation.shares.get("tokens")
        for result in response.results
        if result.explanation is not None
    }


def test_a_passage_gains_by_how_its_tokens_match(tmp_path: Path, model: StubTokenModel) -> None:
    response = asked(indexed(tmp_path))
    assert response.results[0].passage.document.uri == "bridge.md"
    assert all(share is not None for share in gains(response).values())
    shares = response.results[0].explanation
    assert shares is not None
    assert sum(shares.shares.values()) == pytest.approx(response.results[0].scores.fused)
    # The German note is not read: the model does not know the language.
    assert len(model.read) == 2


def test_the_model_is_not_loaded_for_documents_that_it_does_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = TokenModelKind("stub", "stub", ("en",), lambda _: pytest.fail("loaded"))
    monkeypatch.setattr(token_models, "kind_for", lambda _: kind)
    german = "---\nlanguage: de\n---\nDie Fähre fährt bei Wind nicht.\n"
    assert set(gains(asked(indexed(tmp_path, {"fähre.md": german}))).values()) == {None}


@pytest.mark.parametrize("mode", [Mode.KEYWORD, Mode.SEMANTIC])
def test_a_mode_of_one_ranker_compares_no_tokens(tmp_path: Path, model: StubTokenModel, mode: Mode) -> None:
    assert set(gains(asked(indexed(tmp_path), mode)).values()) == {None}
    assert model.read


def test_nothing_is_read_twice(tmp_path: Path, model: StubTokenModel) -> None:
    index = indexed(tmp_path)
    indexed(tmp_path, {**NOTES, "quay.md": "# Quay\n\nThe quay is wet.\n"})
    assert len(model.read) == len(set(model.read)) == 3
    assert None not in gains(asked(index)).values()


def test_an_index_without_codes_gets_them_with_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as light:
        without_model(light)
        index = indexed(tmp_path)
        assert set(gains(asked(index)).values()) == {None}
    stub = installed(monkeypatch, StubTokenModel())
    indexed(tmp_path)
    assert len(stub.read) == 2
    assert None not in gains(asked(index)).values()


@pytest.mark.usefixtures("model")
def test_codes_are_not_used_where_new_passages_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = indexed(tmp_path)
    with monkeypatch.context() as light:
        without_model(light)
        indexed(tmp_path, {**NOTES, "quay.md": "# Quay\n\nThe quay is wet.\n"})
    assert "not installed any more" in caplog.text
    assert set(gains(asked(index)).values()) == {None}
    indexed(tmp_path)
    assert None not in gains(asked(index)).values()


def test_codes_of_another_version_are_not_compared(tmp_path: Path, model: StubTokenModel) -> None:
    index = indexed(tmp_path)
    with closing(sqlite.connect(index / FILE, "mode=rw")) as connection:
        connection.execute("UPDATE settings SET value = 'older' WHERE key = 'token_model'")
    assert set(gains(asked(index)).values()) == {None}
    indexed(tmp_path)
    assert len(model.read) == 2 + 2
    assert None not in gains(asked(index)).values()


def test_what_is_not_compared_stays_below_and_what_cannot_be_gains_the_mean() -> None:
    scores, nothing = np.array([0.5, 0.4, 0.3, 0.2]), np.zeros(4)
    ranked = Candidates(np.arange(4), scores, nothing, nothing, nothing, scores, nothing, nothing, scores)
    found = with_matches(ranked, np.array([0, 1, 2]), [0, 1], np.array([0.05, 0.15]))
    assert found.match_gain is not None
    np.testing.assert_allclose(found.match_gain, [0.2, 0.6, 0.4, 0.2])
    np.testing.assert_allclose(found.fused, [0.7, 1.0, 0.7, 0.4])
    assert found.shares()[1]["tokens"] == pytest.approx(0.6)
