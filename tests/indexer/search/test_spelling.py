"""How a question is read in a collection: what is corrected, and above all what is not."""

from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine.build import built
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.files import EngineWriter
from askdex.indexer.search.spelling import Interpretation, interpretations
from askdex.indexer.types import IndexedPassage

TEXTS = [
    "The health insurance pays for care, paid by an employer.",
    "An application for the insurance card is made at the office in London.",
    "Applications are free. Sign up online, or send an e-mail. The pretax amount is 1040.",
    "They were found on the card, and the care was free of rent. Don't pay twice.",
    "A cart is no card.",
]
ABSENT_BUT_COMMON = {"where", "apply", "kind", "healthcare"}
COMMON = {"health", "insurance", "application", "applications", "card", "made", "pays", "care", "free", *ABSENT_BUT_COMMON}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEngine:
    return engine_of(tmp_path_factory.mktemp("engine"), TEXTS)


def engine_of(folder: Path, texts: list[str]) -> EmbeddedEngine:
    vector = np.ones((1, 4), np.float32)
    return built(
        [IndexedPassage(n, "", text, vector, units=[(0, len(text))]) for n, text in enumerate(texts, 1)], EngineWriter(folder)
    )


def asked(question: str, engine: EmbeddedEngine, *, corrects: bool = True) -> Interpretation:
    """The last reading, which is as it is written where nothing is corrected."""
    written, *corrected = interpretations(question, engine.vocabulary, COMMON.__contains__, corrects=corrects)
    assert written.question == question
    return corrected[0] if corrected else written


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("health insuranse", "health insurance"),
        ("Helath INSURANCE", "Health INSURANCE"),
        ("HEALTH INSURANSE", "HEALTH INSURANCE"),
        ("Insuranse", "Insurance"),
        ("Who pays for an aplicaton for a card?", "Who pays for an application for a card?"),
        ("insuranse-free  card!", "insurance-free  card!"),
        ("Where is Lndon?", "Where is London?"),
        ("wher is the aplication kept", "where is the application kept"),
        ("helth insuranse aplication", "health insurance application"),
        ("onlien offise", "online office"),
        ("an ofice in lndon", "an office in london"),
        ("applicaton offices", "application office"),
        ("sining up onlien", "sining up online"),
    ],
)
def test_a_misspelt_word_is_replaced_where_it_stands(engine: EmbeddedEngine, question: str, corrected: str) -> None:
    assert asked(question, engine) == Interpretation(corrected, corrected)


def test_of_equally_near_words_the_one_that_most_passages_hold_is_taken(engine: EmbeddedEngine) -> None:
    assert asked("the carx", engine).question == "the card"


@pytest.mark.parametrize(
    "question",
    [
        "the insurance card",
        "a kind card",
        "what applies to a cad",
        "the card of LNDON",
        "the c'ard",
        "the card isn't, aren’t, dont",
        "the card is unpaid",
        "Die Karte kostet viel insuranse",
        "the card in Pariss",
        "card 10400",
        "医疗保险",
        "pre-tax card",
    ],
    ids=[
        "known words",
        "a common word that is not held",
        "three letters",
        "an acronym",
        "what an apostrophe has left",
        "words drawn together",
        "the opposite of a word",
        "a question that is mostly unknown",
        "nothing is near",
        "a number",
        "text without spaces",
        "a word that is held in its joined form",
    ],
)
def test_nothing_else_is_touched(engine: EmbeddedEngine, question: str) -> None:
    assert asked(question, engine) == Interpretation(question, question)


def test_a_language_of_which_the_model_has_no_words_is_left_alone(engine: EmbeddedEngine) -> None:
    question = "application insurance insuranse"
    assert len(interpretations(question, engine.vocabulary, {"application", "insurance"}.__contains__)) == 2
    assert len(interpretations(question, engine.vocabulary, {"application"}.__contains__)) == 1


def test_beside_a_misspelt_word_a_right_one_that_is_not_held_may_be_misspelt_too(engine: EmbeddedEngine) -> None:
    def corrected(question: str) -> str:
        return interpretations(question, engine.vocabulary, {"health", "ofice", "cart"}.__contains__)[-1].question

    assert corrected("health ofice") == "health ofice"
    assert corrected("helth ofice") == "health office"
    assert corrected("helth cart") == "health cart"  # another letter in its place is no likely mistake


def test_an_adjective_is_known_by_its_other_degrees(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, ["the largest card", "a health office"])
    assert asked("lage card", engine).question == "large card"
    assert asked("lake card", engine).question == "lake card"


def test_a_correction_can_be_refused(engine: EmbeddedEngine) -> None:
    assert asked("health insuranse", engine, corrects=False) == Interpretation("health insuranse", "health insuranse")


@pytest.mark.parametrize(
    ("question", "looked_up"),
    [
        ("free healthcare", "free health care"),
        ("form1040", "form1040"),
        ("Card1040", "Card1040"),
        ("heal card", "heal card"),
        ("1040.1040", "1040.1040"),
    ],
)
@pytest.mark.parametrize("corrects", [True, False])
def test_a_compound_is_looked_up_as_its_words_and_left_as_it_is(
    engine: EmbeddedEngine, question: str, looked_up: str, *, corrects: bool
) -> None:
    assert asked(question, engine, corrects=corrects) == Interpretation(question, looked_up)


def test_in_a_larger_collection_a_word_of_one_passage_may_be_a_mistake_itself(
    tmp_path: Path,
) -> None:
    engine = engine_of(tmp_path, [*TEXTS, *["filler"] * 1_000])
    assert asked("the aplication", engine).question == "the application"
    assert asked("the onlin card", engine).question == "the onlin card"


@pytest.mark.parametrize(("whole", "is_corrected"), [({"who", "may", "a"}, True), ({"may"}, False), (set(), False)])
def test_short_words_say_too_that_a_question_is_in_the_language_of_the_model(
    engine: EmbeddedEngine,
    whole: set[str],
    is_corrected: bool,  # noqa: FBT001
) -> None:
    readings = interpretations("who may send a pretax aplicaton", engine.vocabulary, whole.__contains__)
    assert [reading.question for reading in readings[1:]] == ["who may send a pretax application"] * is_corrected
