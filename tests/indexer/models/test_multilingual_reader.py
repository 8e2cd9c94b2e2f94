"""The reader of other languages than English, beside the multilingual encoder, and what comes of it in answers."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.models import reranker
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder
from askdex.indexer.models.loading import Device, load_encoder
from askdex.indexer.models.multilingual import is_multilingual_installed
from askdex.indexer.models.multilingual_reader import MultilingualReader
from askdex.indexer.models.reranker import Reranker, multilingual_loader
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query
from tests.stubs import write_files

pytestmark = pytest.mark.slow

LOST_KEY = "Schlüssel\nWer einen Schlüssel verliert, meldet es am selben Tag der Hausverwaltung. Ein neuer kostet 25 Euro."
ANSWERED = "Was muss ich tun, wenn mein Schlüssel weg ist?"
NEAR = "Wie viele Schlüssel bekommt jede Wohnung?"

RULES = {
    "schluessel.md": "# Schlüssel\n\nWer einen Schlüssel verliert, meldet es am selben Tag der Hausverwaltung. Ein neuer "
    "kostet 25 Euro und liegt nach drei Tagen im Büro bereit.\n",
    "waschraum.md": "# Waschraum\n\nDer Waschraum ist von sieben bis einundzwanzig Uhr offen. Jede Maschine wird nach dem "
    "Waschen ausgewischt, und das Licht wird gelöscht.\n",
    "garten.md": "# Garten\n\nIm Garten darf gegrillt werden, außer an Feiertagen. Den Rasen mäht der Hauswart am Freitag.\n",
}


@pytest.fixture(scope="module")
def multilingual() -> Encoder:
    if not is_multilingual_installed() or reranker.packaged_folder() is None:
        pytest.skip("the multilingual encoder or the cross-encoder is not installed here")
    return load_encoder(MULTILINGUAL_MODEL, Device.CPU)


@pytest.fixture(scope="module")
def reader(multilingual: Encoder) -> Reranker:
    load = multilingual_loader(multilingual)
    assert load is not None
    return load()


@pytest.fixture
def searcher(multilingual: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searcher]:
    monkeypatch.setattr(reranker, "is_reranker_installed", lambda *_: True)
    write_files(tmp_path / "docs", RULES)
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: multilingual)
    with closing(open_searcher(tmp_path / "index", lambda _: multilingual)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("answered", "near", "text"),
    [
        (ANSWERED, NEAR, LOST_KEY),
        (
            "¿Cuánto cuesta una llave nueva?",
            "¿Quién hace las llaves nuevas?",
            "Llaves\nQuien pierde una llave lo comunica el mismo día. Una llave nueva cuesta 25 euros.",
        ),
        ("钥匙丢了要付多少钱？", "钥匙是谁做的？", "钥匙\n丢失钥匙的，应当当天报告管理处。新钥匙每把二十五元。"),
    ],
    ids=["German", "Spanish", "Chinese"],
)
def test_what_answers_scores_above_what_is_near(reader: Reranker, answered: str, near: str, text: str) -> None:
    assert reader.scores(answered, [text])[0] > reader.scores(near, [text])[0]


def test_a_score_does_not_depend_on_the_other_texts(reader: Reranker) -> None:
    texts = [LOST_KEY, "Der Garten ist am Sonntag geschlossen.", ""]
    alone = [reader.scores(ANSWERED, [text])[0] for text in texts]
    assert alone == reader.scores(ANSWERED, texts).tolist() == reader.scores(ANSWERED, texts[::-1]).tolist()[::-1]


def test_tokens_are_counted_as_far_as_they_are_read(reader: Reranker) -> None:
    short, long = reader.count("Wer?", ["Das Büro.", "Wort " * 2_000])
    assert short < 20
    assert long == 512
    assert np.isfinite(reader.scores("Wort " * 1_000, ["Wort " * 1_000])).all()
    assert reader.scores(ANSWERED, []).shape == (0,)


def test_only_the_multilingual_encoder_has_it(encoder: Encoder) -> None:
    assert encoder.name == DEFAULT_MODEL
    assert multilingual_loader(encoder) is None


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.PRECISE])
def test_a_german_question_is_answered_and_a_near_one_is_not(searcher: Searcher, mode: Mode) -> None:
    assert isinstance(searcher.rerank_stage._model("de"), MultilingualReader)
    answered, near = (searcher.search(Query(question, mode=mode)) for question in (ANSWERED, NEAR))
    assert answered.results[0].passage.document.uri == "schluessel.md"
    assert answered.answered
    assert not near.answered
