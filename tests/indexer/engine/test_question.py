"""What a question names by numbers and codes, as a collection has it."""

from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine.build import built
from askdex.indexer.engine.features import named_shares
from askdex.indexer.engine.files import EngineWriter
from askdex.indexer.engine.protocol import Ask, Engine
from askdex.indexer.engine.question import known_forms, required_identifiers, weighed
from askdex.indexer.types import IndexedPassage

TEXTS = [
    "Rule 8 forbids dogs. The yard has 40 trees.",
    "Rule 9 is on bicycles; see rule 8.",
    "The pump PX-200 hums. Ferrite 3 is the newest.",
    "Frau Groessler waters the flowers.",
    "Hall | 12 | second floor",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    vector = np.ones((1, 4), np.float32)
    passages = [IndexedPassage(n, "", text, vector, units=[(0, len(text))]) for n, text in enumerate(TEXTS)]
    return built(passages, EngineWriter(tmp_path_factory.mktemp("engine")))


@pytest.mark.parametrize(
    ("question", "named", "missing"),
    [
        ("Rule 8", ["rule8"], 0),
        ("What do rules 8 and 9 say?", ["rule8", "rule9"], 0),
        ("What does rule 40 say?", [], 1),
        ("px 200", ["px200"], 0),
        ("the pump PX-201", [], 1),
        ("hall 12", ["#12"], 0),
        ("Does it run on our old Ferrite 40 as well?", [], 1),
        ("Does it run on our old Argent 40 as well?", [], 0),
        ("Does it run on our old Argent 41 as well?", [], 1),
        ("Is it true that we had planted 41 when we came?", [], 0),
        ("4", [], 1),
        ("Our PX-999 broke in May when we moved house, so is there a rule 8 on noise here?", ["rule8"], 0),
        ("who hums?", [], 0),
    ],
)
def test_what_is_named_must_be_held(engine: Engine, question: str, named: list[str], missing: int) -> None:
    assert required_identifiers(question, engine.vocabulary) == (named, missing)


def test_candidates_are_told_apart_by_what_they_have_of_it(engine: Engine) -> None:
    question = weighed("rules 8 and 9", engine.vocabulary)
    found = engine.candidates(Ask(terms=question.terms))
    assert dict(zip(found.ids.tolist(), named_shares(found, question).tolist(), strict=True)) == {0: 0.5, 1: 1.0}
    assert named_shares(found, weighed("the yard", engine.vocabulary)).tolist() == [1, 1]
    assert named_shares(found, weighed("rule 41", engine.vocabulary)).tolist() == [0, 0]


def test_a_word_that_is_a_part_of_a_code_or_lacks_its_accents_is_known_by_the_whole(engine: Engine) -> None:
    assert known_forms("px200", engine.vocabulary)["px200"] == ("px200",)
    assert known_forms("PX 200", engine.vocabulary)["px"] == ("px", "px200")
    assert known_forms("Größler", engine.vocabulary) == {"grössler": ("grössler", "grossler", "groessler")}


def test_the_terms_of_a_date_are_looked_up_beside_its_words(tmp_path: Path) -> None:
    text = "The fair opens on 3 May 2024."
    engine = built([IndexedPassage(1, "", text, np.ones((1, 4), np.float32), units=[(0, len(text))])], EngineWriter(tmp_path))
    question = weighed("2024-05-03", engine.vocabulary)
    assert [term.text for term in question.terms] == ["2024", "05", "03", "2024-05-03", "--05-03", "2024-05"]
    assert question.content_weights[3:].tolist() == [0, 0, 0]
    assert question.content_weight == question.content_weights.sum()


def test_what_a_long_question_only_tells_counts_less(engine: Engine) -> None:
    told = "Our pump hums since we moved here with the dogs and the bicycles last week, so what does rule 8 forbid?"
    asked = weighed("pump rule", engine.vocabulary)
    weights = {term.text: weight for term, weight in zip(asked.terms, asked.weights.tolist(), strict=True)}
    long = weighed(told, engine.vocabulary)
    of_long = {term.text: weight for term, weight in zip(long.terms, long.weights.tolist(), strict=True)}
    assert of_long["rule"] == weights["rule"]
    assert of_long["pump"] == pytest.approx(0.7 * weights["pump"])
