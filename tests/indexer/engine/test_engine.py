"""What every engine must do; a second engine joins by its place in `ENGINES`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine import build, files, segment
from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.files import EngineWriter, Stamp, opened
from askdex.indexer.engine.protocol import Engine, Hits
from askdex.indexer.types import Ids, IndexedPassage, Place, Vectors

DIMENSION = 16
WORDS = "pension card employer insurance registration month office benefit appeal claim widow sickness".split()

Make = Callable[[Sequence[IndexedPassage]], Engine]


def embedded(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """Made at once."""
    draft = EngineWriter(folder)
    draft.finish(built(entries, draft), "token")
    return opened(folder, Stamp("token", len(entries), sum(len(entry.vectors) for entry in entries)))


def in_segments(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """The same as it is with segments that are not merged as soon as there are two."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(build, "_SMALL", 8)
        changed.setattr(segment, "LARGEST", 100)
        return grown(folder, entries)


def grown(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """Made in five steps, each of which takes in passages that the next takes out, and some that stay."""
    place, before, passing = folder, None, list[IndexedPassage]()
    for step in range(5):
        place = folder / str(step)
        place.mkdir()
        draft = EngineWriter(place, before)
        former = np.array([entry.id for entry in passing], np.int64)
        passing = [] if step == 4 else [passage(10**9 + step * 100 + n, f"{WORDS[n]} card", "Widow") for n in range(12)]
        born = [*entries[step::5], *passing]
        engine = built(born, draft) if before is None else extended(before, born, former, draft)
        draft.finish(engine, str(step))
        before = files.read_manifest(place, str(step))
    return opened(place, Stamp("4", len(entries), sum(len(entry.vectors) for entry in entries)))


ENGINES = {"embedded": embedded, "grown": grown, "in segments": in_segments}


@pytest.fixture(params=ENGINES.values(), ids=list(ENGINES))
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes an engine of passages."""

    def made(entries: Sequence[IndexedPassage]) -> Engine:
        engine: Engine = request.param(tmp_path_factory.mktemp("engine"), entries)
        return engine

    return made


def unit(*shape: int, seed: int) -> Vectors:
    """Vectors of nearly unit length whose values half precision has too, so that scores can be compared."""
    found = np.random.default_rng(seed).standard_normal((*shape, DIMENSION))
    found /= np.linalg.norm(found, axis=-1, keepdims=True)
    return found.astype(np.float16).astype(np.float32)


def passage(number: int, text: str = "text", context: str = "", vectors: Vectors | None = None) -> IndexedPassage:
    return IndexedPassage(number, context, text, unit(1, seed=number) if vectors is None else vectors)


@pytest.fixture(scope="module")
def many() -> list[IndexedPassage]:
    """300 passages whose ids are of any size and in no order; every other one has a second vector, of less weight."""
    chance = np.random.default_rng(7)
    ids = [1, 2**63 - 1, *chance.integers(2**62, size=298).tolist()]
    entries = []
    for n, number in enumerate(ids):
        vectors = unit(1 + n % 2, seed=number) * np.array([[1.0], [0.5]], np.float32)[: 1 + n % 2]
        text = " ".join(chance.choice(WORDS, size=chance.integers(3, 30)))
        entries.append(IndexedPassage(number, f"{WORDS[n % len(WORDS)]} guide", text, vectors))
    return entries


def exact(entries: Sequence[IndexedPassage], vector: Vectors) -> list[tuple[int, float]]:
    """The passages and their scores as they must come: the best vector of each, the highest first."""
    scores = {entry.id: float((entry.vectors @ vector).max()) for entry in entries}
    return sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))


def assert_hits(found: Hits, wanted: Sequence[tuple[int, float]]) -> None:
    assert found.ids.tolist() == [number for number, _ in wanted]
    np.testing.assert_allclose(found.scores, [score for _, score in wanted], atol=1e-6)


def assert_same(one: Hits, other: Hits) -> None:
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.scores, other.scores)


def ids_of(hits: Hits) -> list[int]:
    found: list[int] = hits.ids.tolist()
    return found


def some(*numbers: int) -> Ids:
    return np.array(numbers, np.int64)


def test_words_are_known_by_their_forms_and_by_how_many_passages_hold_them(make: Make) -> None:
    engine = make([passage(1, "Pensions and cards"), passage(2, "a pension", "The card"), passage(3, "Pensioners"), passage(4)])
    assert engine.holders(["pension", "card", "widow"]) == [3, 2, 0]
    assert engine.near("pensionr", 1) == ["pension", "pensions"]
    assert engine.near("pensionrs", 1) == ["pensioners", "pensions"]
    assert engine.near("cadr", 1) == ["card"]


def test_its_length_is_the_number_of_passages(make: Make, many: list[IndexedPassage]) -> None:
    assert len(make(many)) == len(many)


@pytest.mark.parametrize("limit", [1, 10, 100, 300, 1_000])
def test_nearest_passages_come_in_exact_order(make: Make, many: list[IndexedPassage], limit: int) -> None:
    engine = make(many)
    for vector in unit(5, seed=limit):
        assert_hits(engine.nearest(vector, limit), exact(many, vector)[:limit])


def test_passages_are_compared_as_the_nearest_are_in_whatever_company(make: Make, many: list[IndexedPassage]) -> None:
    engine = make(many)
    for vector in unit(3, seed=10):
        hits = engine.nearest(vector, len(many))
        products, vectors = engine.compared(vector, hits.ids)
        np.testing.assert_allclose(products, hits.scores, atol=1e-6)
        for one, other in zip(engine.compared(vector, hits.ids[7:9]), (products[7:9], vectors[7:9]), strict=True):
            np.testing.assert_array_equal(one, other)
        assert not any(map(len, engine.compared(vector, some())))


def test_places_are_those_that_were_given(make: Make, many: list[IndexedPassage]) -> None:
    placed = [replace(entry, place=Place(2**64 - 1 - n // 5, n % 5, n % 3)) for n, entry in enumerate(many)]
    engine = make(placed)
    wanted = placed[::-7]
    found = engine.places(some(*(entry.id for entry in wanted)))
    assert [Place(*of[:3]) for of in found.tolist()] == [entry.place for entry in wanted]


def test_the_best_vector_of_a_passage_counts(make: Make) -> None:
    near, far = unit(2, seed=1)
    engine = make([passage(1, vectors=np.stack([far, near])), passage(2, vectors=far[None])])
    hits = engine.nearest(near, 10)
    assert ids_of(hits) == [1, 2]
    assert hits.scores[0] == pytest.approx(1, abs=1e-3)


def test_a_match_with_a_lighter_vector_counts_less(make: Make) -> None:
    vector = unit(seed=1)
    engine = make([passage(1, vectors=0.5 * vector[None]), passage(2, vectors=vector[None])])
    assert_hits(engine.nearest(vector, 10), [(2, float(vector @ vector)), (1, float(vector @ vector) / 2)])


def test_a_passage_with_many_near_vectors_pushes_no_other_out(make: Make) -> None:
    vector = unit(seed=1)
    engine = make([passage(1, vectors=np.stack([vector] * 5)), passage(2), passage(3)])
    assert len(engine.nearest(vector, 2).ids) == 2


def test_nearest_within_is_exact_among_these_passages(make: Make, many: list[IndexedPassage]) -> None:
    engine = make(many)
    allowed = many[::3]
    within = some(*(entry.id for entry in allowed))
    for vector in unit(5, seed=2):
        for limit in (1, 20, 500):
            assert_hits(engine.nearest(vector, limit, within), exact(allowed, vector)[:limit])


def test_matching_within_gives_the_same_scores_of_these_passages_alone(make: Make, many: list[IndexedPassage]) -> None:
    engine = make(many)
    everything = engine.matching("sickness benefit claim", len(many))
    within = some(*(entry.id for entry in many[::3]))
    keep = np.isin(everything.ids, within)
    assert keep.any()
    assert not keep.all()
    found = engine.matching("sickness benefit claim", len(many), within)
    np.testing.assert_array_equal(found.ids, everything.ids[keep])
    np.testing.assert_allclose(found.scores, everything.scores[keep], rtol=1e-5)


@pytest.mark.parametrize("within", [some(), some(2, 10**12)], ids=["none", "unknown"])
def test_within_no_passage_nothing_is_found(make: Make, many: list[IndexedPassage], within: Ids) -> None:
    engine = make(many)
    assert ids_of(engine.nearest(unit(seed=3), 10, within)) == []
    assert ids_of(engine.matching("pension", 10, within)) == []


def test_matching_gives_the_best_up_to_the_limit(make: Make, many: list[IndexedPassage]) -> None:
    engine = make(many)
    everything = engine.matching("widow pension", len(many))
    assert len(everything.ids) > 20
    assert (np.diff(everything.scores) <= 0).all()
    for limit in (1, 20):
        np.testing.assert_array_equal(engine.matching("widow pension", limit).scores, everything.scores[:limit])


@pytest.mark.parametrize("question", ["card", "cards of employers and widows", "unknown", ""])
def test_the_scores_of_words_add_up_to_those_of_passages(make: Make, many: list[IndexedPassage], question: str) -> None:
    engine = make(many)
    ids = np.array([entry.id for entry in many], np.int64)
    scores = dict(zip(ids.tolist(), engine.word_scores(question, ids), strict=True))
    hits = engine.matching(question, len(many))
    expected = dict(zip(hits.ids.tolist(), hits.scores.tolist(), strict=True))
    assert {number for number, words in scores.items() if words} == expected.keys()
    assert all(sum(scores[number].values()) == pytest.approx(score, rel=1e-4) for number, score in expected.items())


def test_the_scores_of_words_are_given_by_their_terms(make: Make) -> None:
    engine = make([passage(1, "The offices", "Cards"), passage(2, "card card"), passage(3, "none")])
    found = engine.word_scores("Which office issues a card?", np.array([3, 1, 2, 9], np.int64))
    assert [set(words) for words in found] == [set(), {"offic", "card"}, {"card"}, set()]


def test_equal_scores_come_in_the_order_of_ids(make: Make) -> None:
    vector = unit(1, seed=4)
    engine = make([passage(number, "same words", vectors=vector) for number in (9, 3, 7, 1, 5)])
    assert ids_of(engine.nearest(vector[0], 10)) == [1, 3, 5, 7, 9]
    assert ids_of(engine.matching("words", 10)) == [1, 3, 5, 7, 9]


def test_the_same_passages_make_an_engine_with_the_same_answers(make: Make, many: list[IndexedPassage]) -> None:
    one, other = make(many), make(many)
    for vector in unit(5, seed=5):
        assert_same(one.nearest(vector, 50), other.nearest(vector, 50))
    for question in WORDS:
        assert_same(one.matching(question, 50), other.matching(question, 50))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("registering employees", "An employer registers each employee."),
        ("REGISTRATION", "registration"),
        ("US citizens", "a citizen of the U.S. abroad"),
        ("U.S. visa", "a visa for the US"),
        ("employer's duty", "duties of employers"),
        ("登记", "参保职工社会保险登记"),
        ("社保卡怎么办", "社会保障卡与社保卡"),
        ("บัตร", "สำนักงานบัตรประกันสังคม"),
        ("form 401(k)", "a 401(k) plan"),
        ("ＡＢＣ", "abc"),
        ("ein STRASSENFEST", "Das Straßenfest"),
    ],
)
def test_words_find_their_other_forms(make: Make, question: str, text: str) -> None:
    engine = make([passage(1, "Something else altogether."), passage(2, text), passage(3, "另外的事")])
    assert ids_of(engine.matching(question, 10))[:1] == [2]


def test_words_of_the_headings_find_a_passage(make: Make) -> None:
    engine = make([passage(1, "Within ten days."), passage(2, "Within ten days.", context="Handbook\nMaternity leave")])
    assert ids_of(engine.matching("maternity", 10)) == [2]


def test_a_passage_with_more_of_the_words_comes_first(make: Make) -> None:
    engine = make([passage(1, "lost card"), passage(2, "card office"), passage(3, "lost card office")])
    assert ids_of(engine.matching("lost card office", 10))[0] == 3


def test_a_rare_word_counts_more_than_a_common_one(make: Make) -> None:
    common = [passage(number, "pension office") for number in range(1, 20)]
    engine = make([*common, passage(99, "widow office")])
    assert ids_of(engine.matching("widow pension", 1)) == [99]


@pytest.mark.parametrize("question", ["", "  ", "?!", "…", "_"])
def test_a_question_without_words_finds_nothing(make: Make, many: list[IndexedPassage], question: str) -> None:
    assert ids_of(make(many).matching(question, 10)) == []


@pytest.mark.parametrize(
    "question", ['text:pension AND -card "widow', "pension~2 OR id:1", "(((pension", "pension*^5 [a TO b]"]
)
def test_signs_of_a_query_language_are_no_more_than_signs(make: Make, question: str) -> None:
    engine = make([passage(1, "card"), passage(2, "a pension")])
    assert 2 in ids_of(engine.matching(question, 10))


def test_an_engine_without_passages_finds_nothing(make: Make) -> None:
    engine = make([])
    assert len(engine) == 0
    assert ids_of(engine.nearest(unit(seed=6), 10)) == []
    assert ids_of(engine.matching("pension", 10)) == []


def test_eight_threads_find_what_one_finds(make: Make, many: list[IndexedPassage]) -> None:
    engine = make(many)
    vectors = unit(64, seed=8)
    within = some(*(entry.id for entry in many[::2]))

    def search(n: int) -> tuple[Hits, Hits, Hits]:
        question = f"{WORDS[n % 12]} {WORDS[n % 7]}"
        return engine.nearest(vectors[n], 20), engine.nearest(vectors[n], 20, within), engine.matching(question, 20, within)

    alone = [search(n) for n in range(64)]
    with ThreadPoolExecutor(8) as threads:
        for one, other in zip(alone, threads.map(search, range(64)), strict=True):
            for expected, found in zip(one, other, strict=True):
                assert_same(expected, found)


def test_however_an_engine_came_about_it_answers_the_same(tmp_path: Path, many: list[IndexedPassage]) -> None:
    engines = []
    for n, way in enumerate(ENGINES.values()):
        (tmp_path / str(n)).mkdir()
        engines.append(way(tmp_path / str(n), many))
    for vector, word in zip(unit(12, seed=9), WORDS, strict=True):
        for engine in engines[1:]:
            assert_same(engines[0].nearest(vector, 100), engine.nearest(vector, 100))
            assert_same(engines[0].matching(f"{word} of the office", 100), engine.matching(f"{word} of the office", 100))
