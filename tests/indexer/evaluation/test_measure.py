"""Measuring how good the answers are."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus.types import Document
from askdex.indexer.errors import EvaluationSetError
from askdex.indexer.evaluation.measure import (
    MEASURES,
    Bin,
    Measured,
    calibration_error,
    compare,
    index_corpus,
    interval,
    measure,
    moved,
    reliability,
)
from askdex.indexer.evaluation.sets import documents_of, read_set
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Mode
from tests.stubs import StubEncoder

CORPUS = {
    "d1": ("Cards", "The office issues the card."),
    "d2": ("Pension", "A pension begins at sixty. " * 40),
    "d3": ("", "A widow has a claim."),
}
QUESTIONS = {"q1": "Who issues the card?", "q2": "widow claim", "q3": "nobody labelled this", "q4": "zebra quagga"}
LABELS = [("q1", "d1", 1), ("q1", "d2", 0), ("q2", "d3", 2), ("q4", "d2", 1)]


def write_set(folder: Path, *, id_key: str = "id", labels: str = "qrels.tsv") -> Path:
    (folder / labels).parent.mkdir(parents=True, exist_ok=True)
    corpus = [json.dumps({id_key: key, "title": title, "text": text}) for key, (title, text) in CORPUS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    questions = [json.dumps({id_key: key, "text": text}) for key, text in QUESTIONS.items()]
    (folder / "queries.jsonl").write_text("\n".join(questions), encoding="utf-8")
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, label)) for label in LABELS)]
    (folder / labels).write_text("\n".join(rows), encoding="utf-8")
    return folder


def measured(place: Path, index: Path, *modes: Mode) -> list[Measured]:
    """Index the documents of a set, and ask its questions in each mode."""
    evaluation_set = read_set(place)
    assert evaluation_set.corpus is not None
    index_corpus(index, evaluation_set.corpus, None, StubEncoder, unheard)
    with closing(open_searcher(index, StubEncoder)) as searcher:
        return [measure(searcher, evaluation_set, mode) for mode in modes]


def read_all(place: Path) -> list[Document]:
    corpus = read_set(place).corpus
    return list(documents_of(corpus)) if corpus is not None else []


@pytest.mark.parametrize(("id_key", "labels"), [("id", "qrels.tsv"), ("_id", "qrels/test.tsv")])
def test_a_set_is_read_with_the_questions_that_have_an_answer(tmp_path: Path, id_key: str, labels: str) -> None:
    evaluation_set = read_set(write_set(tmp_path / "small", id_key=id_key, labels=labels))
    assert evaluation_set.name == "small"
    assert evaluation_set.questions == {key: QUESTIONS[key] for key in ("q1", "q2", "q4")}
    assert evaluation_set.relevant == {"q1": {"d1"}, "q2": {"d3"}, "q4": {"d2"}}
    assert evaluation_set.corpus is not None
    documents = list(documents_of(evaluation_set.corpus))
    assert [(document.uri, document.title) for document in documents] == [("d1", "Cards"), ("d2", "Pension"), ("d3", "")]


def test_a_table_of_questions_is_a_set_too(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("question,document\nWho?,a.md\nWho?,b.md\nWhen?,a.md\n", encoding="utf-8")
    evaluation_set = read_set(tmp_path / "mine.csv")
    assert (evaluation_set.name, evaluation_set.corpus) == ("mine", None)
    assert evaluation_set.relevant == {"Who?": {"a.md", "b.md"}, "When?": {"a.md"}}


def test_a_row_without_a_document_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("question,document\nWho?,\nWhen?\n ,a.md\nWhere?,a.md\n", encoding="utf-8")
    assert read_set(tmp_path / "mine.csv").relevant == {"Where?": {"a.md"}}


def test_a_question_without_a_document_in_any_row_is_one_that_none_answers(tmp_path: Path) -> None:
    rows = "Who?,\nWhere?,\nWhere?,a.md\n ,\nWho?,\nWhen?,\n"
    (tmp_path / "mine.csv").write_text(f"question,document\n{rows}", encoding="utf-8")
    assert read_set(tmp_path / "mine.csv").unanswered == ["Who?", "When?"]
    assert read_set(write_set(tmp_path / "small")).unanswered == ()


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("mine.csv", "question,file\nWho?,a.md\n", "mine.csv has no column document"),
        ("mine.csv", "q,d\nWho?,a.md\n", "mine.csv has no column question or document"),
        ("qrels.tsv", "query-id\tcorpus-id\nq1\td1\n", "qrels.tsv has no column score"),
        ("queries.jsonl", '{"id": "q1"}\n', "a line has no 'text'"),
        ("queries.jsonl", "\n[1]\n", "queries.jsonl, line 2 is no JSON object"),
        ("corpus.jsonl", '{"text": "Who?"}\n', "a line has no 'id'"),
        ("corpus.jsonl", "Who?\n", "Expecting value"),
    ],
)
def test_what_is_missing_in_a_set_is_named_with_what_is_needed(tmp_path: Path, file: str, content: str, reason: str) -> None:
    place = write_set(tmp_path / "small")
    (place / file).write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationSetError) as caught:
        read_all(place / file if file.endswith(".csv") else place)
    assert f"({reason}" in str(caught.value)
    assert "(columns query-id, corpus-id, score), or a CSV file with the columns question and document." in str(caught.value)


@pytest.mark.parametrize("content", ["", "question\nWho?\n", "question,document\n"])
def test_what_is_no_set_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.csv").write_text(content, encoding="utf-8")
    for place in (tmp_path, tmp_path / "mine.csv", tmp_path / "nowhere"):
        with pytest.raises(EvaluationSetError) as caught:
            read_set(place)
        assert "\n" not in str(caught.value)


def test_each_measure_is_as_the_field_has_it(tmp_path: Path) -> None:
    small = write_set(tmp_path / "small")
    by_words, by_meaning = measured(small, tmp_path / "index", Mode.KEYWORD, Mode.SEMANTIC)
    assert by_words.values.keys() == MEASURES.keys()
    assert by_words.values["hit@1"] == {"q1": 1.0, "q2": 1.0, "q4": 0.0}
    # The words of q4 are in no document; by vectors all three documents are results, in whatever order.
    assert by_words.values["recall@100"]["q4"] == 0.0
    assert by_meaning.values["recall@100"] == {"q1": 1.0, "q2": 1.0, "q4": 1.0}
    assert 0 < by_meaning.values["mrr@10"]["q4"] <= 1
    assert min(by_words.milliseconds.values()) > 0


def test_documents_are_counted_whatever_passages_come_before_them(tmp_path: Path) -> None:
    # By vectors the passages of the long documents come first, three of each; by words the short ones are results too.
    long = {f"long{n}": " ".join([f"Zebras {'zebras ' * 40}of herd {n}."] * 3) for n in range(33)}
    short = {f"short{n}": f"Card number {n}." for n in range(12)}
    place = write_set(tmp_path / "small")
    documents = [json.dumps({"id": key, "text": text}) for key, text in (long | short).items()]
    (place / "corpus.jsonl").write_text("\n".join(documents), encoding="utf-8")
    (place / "queries.jsonl").write_text(json.dumps({"id": "q1", "text": "zebras cards"}), encoding="utf-8")
    rows = [f"q1\t{key}\t1" for key in long | short]
    (place / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]), encoding="utf-8")
    (fast,) = measured(place, tmp_path / "index", Mode.FAST)
    assert fast.values["recall@100"] == {"q1": 1.0}


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1_000)
    for bounds in (few, many):
        assert bounds.low <= bounds.mean == 0.5 <= bounds.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert interval([0.0, 1.0] * 10) == few


def test_a_move_of_many_questions_is_told_from_chance() -> None:
    before = {str(n): n % 2 / 2 for n in range(200)}
    better = {key: value + 0.1 for key, value in before.items()}
    comparison = compare(better, before)
    assert (comparison.questions, round(comparison.difference.mean, 6)) == (200, 0.1)
    assert comparison.chance < 0.01
    same = compare(before, before)
    assert (same.difference.mean, same.chance) == (0.0, 1.0)
    noisy = compare({key: value + (0.3 if int(key) % 2 else -0.3) for key, value in before.items()}, before)
    assert noisy.chance > 0.5


def test_the_largest_moves_come_first() -> None:
    assert list(moved({"a": 1.0, "b": 0.5, "c": 0.2, "new": 1.0}, {"a": 0.9, "b": 1.0, "c": 0.2})) == [
        ("b", 1.0, 0.5),
        ("a", 0.9, 1.0),
    ]


# Whether relevance comes true


def test_results_lie_in_bins_by_their_probability() -> None:
    judged = [(0.0625, False), (0.0, True), (0.31, False), (0.39, False), (1.0, True), (0.9, False)]
    low, middle, high = reliability(judged)
    assert low == Bin(0.0, 0.1, 2, 0.03125, 0.5)
    assert (middle.results, middle.found) == (2, 0.0)
    assert (high.low, high.high, high.results, high.found) == (0.9, 1.0, 2, 0.5)


def test_the_error_is_the_mean_distance_over_all_results() -> None:
    assert calibration_error([Bin(0, 0.1, 3, 0.05, 0.05), Bin(0.5, 0.6, 1, 0.5, 0.9)]) == pytest.approx(0.1)
    assert calibration_error([]) == 0
    assert reliability([]) == []
