"""What every engine must do: it joins by its place in `ENGINES`, and `test_embedded.py` collects the tests."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine import files
from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.features import keyword_features, term_gains
from askdex.indexer.engine.files import EngineWriter, Stamp, opened
from askdex.indexer.engine.postings import END, term_hash
from askdex.indexer.engine.protocol import Ask, Engine, Found
from askdex.indexer.engine.question import weighed
from askdex.indexer.engine.segment import DEFAULT_SIZES, SegmentSizes
from askdex.indexer.types import Filter, Ids, IndexedPassage, Place, Range, Vectors
from tests.indexer.postgres.server import reason_to_skip

DIMENSION = 16
WORDS = "pension card employer insurance registration month office benefit appeal claim widow sickness".split()
THIRD: Filter = {"part": "third"}
"""Lets every third of the passages `many` through."""


Hits = list[tuple[int, float]]
Make = Callable[[Sequence[IndexedPassage]], Engine]


def embedded(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """Built at once."""
    writer = EngineWriter(folder)
    writer.finish(built(entries, writer), "token")
    return opened(folder, Stamp("token", len(entries), sum(len(entry.vectors) for entry in entries)))


def in_segments(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """The same with segments that are not merged as soon as there are two."""
    return grown(folder, entries, SegmentSizes(small=8, largest=100))


def grown(folder: Path, entries: Sequence[IndexedPassage], sizes: SegmentSizes = DEFAULT_SIZES) -> Engine:
    """Built in five steps, each of which adds passages that the next removes, and some that stay.

    Of the first ones some are removed in the second step, and come back in the fourth.
    """
    place, before, passing = folder, None, list[IndexedPassage]()
    for step in range(5):
        place = folder / str(step)
        place.mkdir()
        writer = EngineWriter(place, before)
        former = np.array([entry.id for entry in passing], np.int64)
        passing = [] if step == 4 else [passage(10**9 + step * 100 + n, f"{WORDS[n]} card", "Widow") for n in range(12)]
        returning = entries[:50:10]
        gone = np.array([entry.id for entry in returning if step == 1], np.int64)
        added = [*entries[step::5], *passing, *(returning if step == 3 else [])]
        removed = np.append(former, gone)
        engine = built(added, writer, sizes) if before is None else extended(before, added, removed, writer, sizes)
        writer.finish(engine, str(step))
        before = files.read_manifest(place, str(step))
    return opened(place, Stamp("4", len(entries), sum(len(entry.vectors) for entry in entries)))


ENGINES: dict[str, Callable[[Path, Sequence[IndexedPassage]], Engine]] = {
    "embedded": embedded,
    "grown": grown,
    "in segments": in_segments,
}
if not reason_to_skip():
    # Here alone: it needs an extra.
    from tests.indexer.postgres import engines

    ENGINES |= engines.ENGINES


@pytest.fixture(params=ENGINES.values(), ids=list(ENGINES))
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes an engine of passages."""

    def made(entries: Sequence[IndexedPassage]) -> Engine:
        engine: Engine = request.param(tmp_path_factory.mktemp("engine"), entries)
        return engine

    return made


def unit(*shape: int, seed: int) -> Vectors:
    """Vectors of nearly unit length whose values half precision has too, so that scores can be compared."""
    vectors = np.random.default_rng(seed).standard_normal((*shape, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors.astype(np.float16).astype(np.float32)


def passage(number: int, text: str = "text", context: str = "", vectors: Vectors | None = None) -> IndexedPassage:
    vectors = unit(1, seed=number) if vectors is None else vectors
    return IndexedPassage(number, context, text, vectors, units=[(0, len(text))])


@pytest.fixture(scope="module")
def many() -> list[IndexedPassage]:
    """300 passages whose ids are of any size and in no order; every other one has a second vector, of less weight."""
    chance = np.random.default_rng(7)
    ids = [1, 2**63 - 1, *chance.integers(2**62, size=298).tolist()]
    entries = []
    for n, number in enumerate(ids):
        vectors = unit(1 + n % 2, seed=number) * np.array([[1.0], [0.5]], np.float32)[: 1 + n % 2]
        text = " ".join(chance.choice(WORDS, size=chance.integers(3, 30)))
        values = [("all", "1"), ("part", "other" if n % 3 else "third"), ("number", str(n)), ("part", "any")]
        entry = passage(number, text, f"{WORDS[n % len(WORDS)]} guide", vectors)
        entries.append(replace(entry, filters=values))
    return entries


@pytest.fixture(scope="module", params=ENGINES.values(), ids=list(ENGINES))
def engine(request: pytest.FixtureRequest, many: list[IndexedPassage], tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine of the passages `many`."""
    made: Engine = request.param(tmp_path_factory.mktemp("engine"), many)
    return made


def exact(entries: Sequence[IndexedPassage], vector: Vectors) -> Hits:
    """The passages and their scores as they must come: the best vector of each, the highest first."""
    scores = {entry.id: float((entry.vectors @ vector).max()) for entry in entries}
    return sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))


def by_vector(engine: Engine, vector: Vectors, limit: int, wanted: Filter | None = None) -> Hits:
    """The passages that an engine proposes for a vector, best first."""
    found = engine.candidates(Ask(vector, limit=limit, filter=wanted or {}))
    assert_sound(found)
    if not len(found):
        return []
    scores = np.maximum.reduceat(np.vecdot(found.vectors, vector), found.vector_ends[:-1])
    return best_first(found, scores.tolist())


def by_terms(engine: Engine, question: str, limit: int, wanted: Filter | None = None) -> Hits:
    """The passages that an engine proposes for the terms of a question, best first, with their BM25."""
    terms = weighed(question, engine.vocabulary)
    found = engine.candidates(Ask(terms=terms.terms, limit=limit, filter=wanted or {}))
    assert_sound(found)
    return best_first(found, keyword_features(found, terms, engine.vocabulary).bm25.tolist())


def best_first(found: Found, scores: Sequence[float]) -> Hits:
    hits = zip(found.ids.tolist(), scores, strict=True)
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def assert_sound(found: Found) -> None:
    """Each candidate comes once, ascending by id, with at least one vector, and a sequence that is closed."""
    assert (np.diff(found.ids) > 0).all()
    assert len(found.places) == len(found.vector_ends) - 1 == len(found.term_ends) - 1 == len(found)
    assert (np.diff(found.vector_ends) > 0).all()
    assert (found.vector_ends[-1], found.term_ends[-1]) == (len(found.vectors), len(found.terms))
    assert (found.terms[found.term_ends[1:] - 1] == END).all()


def assert_hits(hits: Hits, wanted: Hits) -> None:
    assert [number for number, _ in hits] == [number for number, _ in wanted]
    np.testing.assert_allclose([score for _, score in hits], [score for _, score in wanted], atol=1e-6)


def assert_same(one: Found, other: Found) -> None:
    for name in ("ids", "places", "vectors", "vector_ends", "terms", "term_ends"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def ids_of(hits: Hits) -> list[int]:
    return [number for number, _ in hits]


def some(*numbers: int) -> Ids:
    return np.array(numbers, np.int64)


def test_terms_are_known_by_their_forms_and_by_how_many_passages_hold_them(make: Make) -> None:
    engine = make([passage(1, "Pensions and cards"), passage(2, "a pension", "The card"), passage(3, "Pensioners"), passage(4)])
    vocabulary = engine.vocabulary
    assert [vocabulary.document_frequency((term,)) for term in ("pension", "card", "widow")] == [3, 2, 0]
    assert vocabulary.document_frequency(("card", "pension")) == 3
    assert vocabulary.spellings("pensionr", 1) == ["pension", "pensions"]
    assert vocabulary.spellings("pensionrs", 1) == ["pensioners", "pensions"]
    assert vocabulary.spellings("cadr", 1) == ["card"]
    assert (vocabulary.passage_count, vocabulary.average_length) == (4, (3 + 4 + 1 + 1) / 4)


@pytest.mark.parametrize("limit", [1, 10, 100, 300, 1_000])
def test_the_nearest_passages_are_proposed(engine: Engine, many: list[IndexedPassage], limit: int) -> None:
    for vector in unit(5, seed=limit):
        assert_hits(by_vector(engine, vector, limit), exact(many, vector)[:limit])


def test_how_near_the_nearest_is_is_told_for_several_vectors_at_once(engine: Engine, many: list[IndexedPassage]) -> None:
    vectors = unit(5, seed=3)
    np.testing.assert_allclose(engine.best_cosines(vectors, {}), [exact(many, vector)[0][1] for vector in vectors], atol=1e-6)
    np.testing.assert_allclose(
        engine.best_cosines(vectors, THIRD), [exact(many[::3], vector)[0][1] for vector in vectors], atol=1e-6
    )
    assert engine.best_cosines(vectors, {"part": "none"}).tolist() == [-1] * 5


def test_a_sample_has_ids_from_all_over_the_collection(engine: Engine, many: list[IndexedPassage]) -> None:
    ids = sorted(entry.id for entry in many)
    assert engine.sample(4).tolist() == [ids[0], ids[99], ids[199], ids[-1]]
    assert engine.sample(1_000).tolist() == ids


def test_passages_are_looked_up_the_same_in_whatever_company(engine: Engine, many: list[IndexedPassage]) -> None:
    ids = some(*sorted(entry.id for entry in many))
    every = engine.look_up(ids)
    assert_sound(every)
    for n in (0, 7, 299):
        alone = engine.look_up(ids[n : n + 1])
        np.testing.assert_array_equal(alone.vectors, every.vectors[every.vector_ends[n] : every.vector_ends[n + 1]])
        np.testing.assert_array_equal(alone.terms, every.terms[every.term_ends[n] : every.term_ends[n + 1]])
    assert len(engine.look_up(some())) == 0


def test_a_term_sequence_has_the_context_each_sentence_and_the_names_that_say_more(make: Make) -> None:
    text = "Cards are free. Who pays?"
    entry = replace(passage(1, text, "The office"), units=[(0, 15), (16, len(text))], names="office/Ida Brandt")
    found = make([entry, passage(2)]).look_up(some(1))
    parts = [["the", "offic"], ["card", "are", "free"], ["who", "pay"], ["ida", "brandt"]]
    assert found.terms.tolist() == [code for part in parts for code in (*map(term_hash, part), END)]


def test_places_are_those_that_were_given(make: Make, many: list[IndexedPassage]) -> None:
    placed = [replace(entry, place=Place(2**64 - 1 - n // 5, n % 5, n % 3)) for n, entry in enumerate(many)]
    wanted = sorted(placed[::-7], key=lambda entry: entry.id)
    found = make(placed).look_up(some(*(entry.id for entry in wanted)))
    assert [Place(*fields[: len(Place._fields)]) for fields in found.places.tolist()] == [entry.place for entry in wanted]


def test_texts_without_words_are_alike_only_where_they_are_the_same(make: Make) -> None:
    found = make([passage(n, text) for n, text in enumerate(("* * *", "-----", "* * *"), 1)]).look_up(some(1, 2, 3))
    first, other, same = found.places["simhash"].tolist()
    assert first == same != other


def test_the_best_vector_of_a_passage_counts(make: Make) -> None:
    near, far = unit(2, seed=1)
    engine = make([passage(1, vectors=np.stack([far, near])), passage(2, vectors=far[None])])
    hits = by_vector(engine, near, 10)
    assert ids_of(hits) == [1, 2]
    assert hits[0][1] == pytest.approx(1, abs=1e-3)


def test_a_match_with_a_lighter_vector_counts_less(make: Make) -> None:
    vector = unit(seed=1)
    engine = make([passage(1, vectors=0.5 * vector[None]), passage(2, vectors=vector[None])])
    assert_hits(by_vector(engine, vector, 10), [(2, float(vector @ vector)), (1, float(vector @ vector) / 2)])


def test_a_passage_with_many_near_vectors_pushes_no_other_out(make: Make) -> None:
    vector = unit(seed=1)
    engine = make([passage(1, vectors=np.stack([vector] * 5)), passage(2), passage(3)])
    assert len(by_vector(engine, vector, 2)) == 2


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        ({"part": "third"}, slice(None, None, 3)),
        ({"part": ["THIRD", "none"], "all": 1}, slice(None, None, 3)),
        ({"all": [1, 2], "part": "any"}, slice(None)),
        ({"number": [7, 8, 9], "part": ["third", "other"]}, slice(7, 10)),
        ({"number": 7.0}, slice(7, 8)),
        ({"number": Range(20, 39)}, slice(20, 40)),
    ],
    ids=["one value", "one of several, and another key", "all", "few", "one passage", "a range"],
)
@pytest.mark.parametrize("limit", [1, 20, 500])
def test_a_filter_lets_only_documents_with_its_values_through(
    engine: Engine, many: list[IndexedPassage], wanted: Filter, step: slice, limit: int
) -> None:
    for vector in unit(3, seed=2):
        assert_hits(by_vector(engine, vector, limit, wanted), exact(many[step], vector)[:limit])
    passing = {entry.id for entry in many[step]}
    everything = by_terms(engine, "sickness benefit claim", len(many))
    assert by_terms(engine, "sickness benefit claim", len(many), wanted) == [hit for hit in everything if hit[0] in passing]


@pytest.mark.parametrize("wanted", [{"part": "none"}, {"unknown": 1}, {"part": "third", "number": 1}])
def test_where_no_document_has_the_values_nothing_is_found(engine: Engine, wanted: Filter) -> None:
    assert by_vector(engine, unit(seed=3), 10, wanted) == []
    assert by_terms(engine, "pension", 10, wanted) == []


def test_candidates_are_those_of_both_rankers(engine: Engine) -> None:
    vector, terms = unit(seed=4), weighed("widow pension", engine.vocabulary).terms
    both = engine.candidates(Ask(vector, terms, limit=20))
    each = {*ids_of(by_vector(engine, vector, 20)), *ids_of(by_terms(engine, "widow pension", 20))}
    assert both.ids.tolist() == sorted(each)


def test_terms_propose_the_best_up_to_the_limit(engine: Engine, many: list[IndexedPassage]) -> None:
    everything = by_terms(engine, "widow pension", len(many))
    assert len(everything) > 20
    for limit in (1, 20):
        scores = [score for _, score in by_terms(engine, "widow pension", limit)]
        np.testing.assert_allclose(scores, [score for _, score in everything[:limit]], rtol=1e-5)


@pytest.mark.parametrize("question", ["card", "cards of employers and widows", "unknown", ""])
def test_the_gains_of_terms_add_up_to_the_scores_of_passages(engine: Engine, many: list[IndexedPassage], question: str) -> None:
    ids = sorted(entry.id for entry in many)
    gains = term_gains(engine.look_up(some(*ids)), weighed(question, engine.vocabulary), engine.vocabulary)
    expected = dict(by_terms(engine, question, len(many)))
    assert {number for number, terms in zip(ids, gains, strict=True) if terms} == expected.keys()
    sums = {number: sum(terms.values()) for number, terms in zip(ids, gains, strict=True)}
    assert all(sums[number] == pytest.approx(score, rel=1e-6) for number, score in expected.items())


def test_gains_are_given_by_the_terms_of_the_question(make: Make) -> None:
    engine = make([passage(1, "The offices", "Cards"), passage(2, "card card"), passage(3, "none")])
    question = weighed("Which office issues a card?", engine.vocabulary)
    gains = term_gains(engine.look_up(some(1, 2, 3)), question, engine.vocabulary)
    assert [set(terms) for terms in gains] == [{"offic", "card"}, {"card"}, set()]


def test_equal_scores_are_cut_by_id(make: Make) -> None:
    vector = unit(1, seed=4)
    engine = make([passage(number, "same words", vectors=vector) for number in (9, 3, 7, 1, 5)])
    assert ids_of(by_vector(engine, vector[0], 3)) == [1, 3, 5]
    assert ids_of(by_terms(engine, "words", 3)) == [1, 3, 5]


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
        ("ﾊﾞｽ", "バスは九時に出る"),
        ("도서관", "도서관은 아홉 시에 엽니다"),
        ("Goerlitz", "der Bahnhof in Görlitz"),
        ("Görlitz", "the station of Goerlitz"),
        ("deja vu", "un déjà-vu"),
        ("KX 12-300", "a hose KX12.300"),
        ("5 March 2021", "until 2021-03-05"),
        ("v2.7", "since version 2.7"),
        ("ein STRASSENFEST", "Das Straßenfest"),
    ],
)
def test_words_find_their_other_forms(make: Make, question: str, text: str) -> None:
    engine = make([passage(1, "Something else altogether."), passage(2, text), passage(3, "另外的事")])
    assert ids_of(by_terms(engine, question, 10))[:1] == [2]


def test_words_of_the_headings_find_a_passage(make: Make) -> None:
    engine = make([passage(1, "Within ten days."), passage(2, "Within ten days.", context="Handbook\nMaternity leave")])
    assert ids_of(by_terms(engine, "maternity", 10)) == [2]


def test_a_passage_with_more_of_the_words_comes_first(make: Make) -> None:
    engine = make([passage(1, "lost card"), passage(2, "card office"), passage(3, "lost card office")])
    assert ids_of(by_terms(engine, "lost card office", 10))[0] == 3


def test_a_rare_word_counts_more_than_a_common_one(make: Make) -> None:
    common = [passage(number, "pension office") for number in range(1, 20)]
    engine = make([*common, passage(99, "widow office")])
    assert ids_of(by_terms(engine, "widow pension", 1)) == [99]


@pytest.mark.parametrize("question", ["", "  ", "?!", "…", "_"])
def test_a_question_without_words_finds_nothing(engine: Engine, question: str) -> None:
    assert by_terms(engine, question, 10) == []


@pytest.mark.parametrize(
    "question", ['text:pension AND -card "widow', "pension~2 OR id:1", "(((pension", "pension*^5 [a TO b]"]
)
def test_signs_of_a_query_language_are_no_more_than_signs(make: Make, question: str) -> None:
    engine = make([passage(1, "card"), passage(2, "a pension")])
    assert 2 in ids_of(by_terms(engine, question, 10))


def test_an_engine_without_passages_finds_nothing(make: Make) -> None:
    engine = make([])
    assert engine.vocabulary.passage_count == 0
    assert by_vector(engine, unit(seed=6), 10) == []
    assert by_terms(engine, "pension", 10) == []
    assert engine.sample(3).tolist() == []


def test_eight_threads_find_what_one_finds(engine: Engine) -> None:
    vectors = unit(64, seed=8)

    def search(n: int) -> Found:
        terms = weighed(f"{WORDS[n % 12]} {WORDS[n % 7]}", engine.vocabulary).terms
        return engine.candidates(Ask(vectors[n], terms, limit=20, filter=THIRD if n % 2 else {}))

    alone = [search(n) for n in range(64)]
    with ThreadPoolExecutor(8) as threads:
        for one, other in zip(alone, threads.map(search, range(64)), strict=True):
            assert_same(one, other)


def test_however_an_engine_came_about_it_finds_the_same(tmp_path: Path, many: list[IndexedPassage]) -> None:
    engines = []
    for n, way in enumerate(ENGINES.values()):
        (tmp_path / str(n)).mkdir()
        engines.append(way(tmp_path / str(n), many))
    for vector, word in zip(unit(12, seed=9), WORDS, strict=True):
        terms = weighed(f"{word} of the office", engines[0].vocabulary).terms
        for engine in engines[1:]:
            assert_same(engines[0].candidates(Ask(vector, terms)), engine.candidates(Ask(vector, terms)))
            assert_same(
                engines[0].candidates(Ask(vector, terms, filter=THIRD)), engine.candidates(Ask(vector, terms, filter=THIRD))
            )
