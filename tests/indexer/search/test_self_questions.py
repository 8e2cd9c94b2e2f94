"""What weight terms get where a model does not know the language."""

import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.search import self_questions
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.search.self_questions import SelfQuestions
from askdex.indexer.types import Vectors
from tests.stubs import StubEncoder, write_files


class Ignorant(StubEncoder):
    """Knows no word: every text has a direction of its own, whatever it says."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        found = [np.random.default_rng(abs(hash(text)) % 2**32).standard_normal(self.dimension) for text in texts]
        return np.array([vector / np.linalg.norm(vector) for vector in found], np.float32).reshape(-1, self.dimension)

    encode_questions = encode_documents


class Knowing(StubEncoder):
    """Knows what a text is about by the number in it."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        found = [re.search(r"\d+", text) for text in texts]
        return np.eye(self.dimension, dtype=np.float32)[[int(number[0]) % self.dimension if number else 0 for number in found]]

    encode_questions = encode_documents


def pages(number: int) -> dict[str, str]:
    """Pages with two sentences on the same few things, which no other page is on."""
    text = "# Page\n\nThe red{n} blue{n} green{n} fund pays first{n}. A red{n} blue{n} green{n} claim is paid by last{n}.\n"
    return {f"{n}.md": text.format(n=n) for n in range(number)}


def weight(folder: Path, encoder: Encoder, number: int = 40) -> float:
    write_files(folder / "docs", pages(number))
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: encoder)
    return asked(folder / "index", encoder).keyword_weight


def asked(index: Path, encoder: Encoder) -> SelfQuestions:
    with closing(Reader(index)) as reader, reader.opened() as opened:
        return self_questions.asked(opened, encoder)


def test_terms_weigh_as_usual_where_vectors_find_all_though_terms_do_too(tmp_path: Path) -> None:
    assert weight(tmp_path, Knowing("knowing")) == 1.0


@pytest.mark.parametrize(
    ("by_terms", "by_vectors", "weight"),
    [(0.5, 0.8, 1), (0.75, 0.8, 1), (0.84, 0.8, 2), (0.95, 0.8, 3), (0.8, 0.1, 3), (1.0, 0.95, 1), (0.4, 0.0, 3)],
)
def test_terms_weigh_the_more_the_more_they_find_beside_vectors(by_terms: float, by_vectors: float, weight: float) -> None:
    assert self_questions.keyword_weight(np.full(64, by_terms), np.full(64, by_vectors)) == weight


def test_a_sentence_is_as_near_as_the_rest_of_its_passage_where_the_model_knows(tmp_path: Path) -> None:
    weight(tmp_path, Knowing("knowing"))
    np.testing.assert_allclose(asked(tmp_path / "index", Knowing("knowing")).nearest, np.ones(40), rtol=1e-3)
    assert asked(tmp_path / "index", Ignorant("ignorant")).nearest.max() < 0.9


def test_one_document_tells_as_much_as_many(tmp_path: Path) -> None:
    write_files(tmp_path / "docs", {"book.md": "\n".join(pages(40).values()).replace("# Page", "## Page")})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: Ignorant("ignorant"))
    assert asked(tmp_path / "index", Ignorant("ignorant")).keyword_weight == 3.0


def test_terms_weigh_three_times_as_much_where_vectors_find_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert weight(tmp_path, Ignorant("ignorant")) == 3.0
    assert "name one with --model" in caplog.text
    with (
        closing(open_searcher(tmp_path / "index", lambda _: Ignorant("ignorant"))) as searcher,
        searcher.reader.opened() as opened,
    ):
        assert opened.calibration is not None
        assert opened.calibration.keyword_weight == 3.0


def test_passages_of_one_sentence_tell_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "docs", {f"{n}.md": f"# Page {n}\n\nOne sentence.\n" for n in range(5)})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: Ignorant("ignorant"))
    outcome = asked(tmp_path / "index", Ignorant("ignorant"))
    assert (len(outcome.nearest), outcome.keyword_weight) == (0, 1.0)


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize(("language", "expected"), [("de", 3.0), ("en", 1.0)])
def test_the_language_tells_where_the_model_is_known(tmp_path: Path, language: str, expected: float, number: int) -> None:
    written = {name: f"---\nlanguage: {language}\n---\n{text}" for name, text in pages(number).items()}
    write_files(tmp_path / "docs", written)
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: Ignorant(DEFAULT_MODEL))
    assert asked(tmp_path / "index", Ignorant(DEFAULT_MODEL)).keyword_weight == expected


def test_terms_weigh_as_usual_beside_the_multilingual_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_questions, "MULTILINGUAL_MODEL", "ignorant")
    assert weight(tmp_path, Ignorant("ignorant")) == 1.0
