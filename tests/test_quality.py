"""Whether the right page comes first, on real questions."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus import starter
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query
from tests.stubs import counts_of

QUESTIONS = Path(__file__).parent / "data" / "starter_questions.csv"


def page_ranks(searcher: Searcher, questions: Iterable[tuple[str, set[str]]], mode: Mode = Mode.FAST) -> Iterator[int]:
    """For each question the rank, from 1, of the first of its pages among the pages that results come from; 0 where absent."""
    for question, pages in questions:
        results = searcher.search(Query(question, limit=20, mode=mode)).results
        uris = list(dict.fromkeys(result.passage.document.uri.partition("#")[0] for result in results))
        yield next((rank for rank, page in enumerate(uris, 1) if page in pages), 0)


def shares(ranks: Iterable[int]) -> tuple[float, float]:
    """The shares of questions whose page came first, and among the first five."""
    numbers = list(ranks)
    return sum(rank == 1 for rank in numbers) / len(numbers), sum(1 <= rank <= 5 for rank in numbers) / len(numbers)


def starter_questions() -> list[tuple[str, set[str]]]:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [(row["question"], {row["document"]}) for row in csv.DictReader(file)]


def usagov_questions(folder: Path) -> list[tuple[str, set[str]]]:
    """The questions of the set with the file of the page that holds a relevant passage."""
    rows = (line.split("\t") for line in (folder / "pages.tsv").read_text(encoding="utf-8").splitlines())
    file_of: Mapping[str, str] = {path: file for file, path, *_ in rows}
    pages: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, passage, _ = line.split("\t")
        pages.setdefault(question, set()).add(file_of[passage.partition("#")[0]])
    queries = map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    return [(query["text"], pages[query["id"]]) for query in queries if query["id"] in pages]


def test_the_starter_collection_has_a_page_for_every_test_question() -> None:
    questions = starter_questions()
    assert len(questions) >= 150
    assert all((starter.FOLDER / page).is_file() for _, pages in questions for page in pages)


def test_every_page_of_the_starter_collection_is_asked_for() -> None:
    files = {path.relative_to(starter.FOLDER).as_posix() for path in starter.FOLDER.rglob("*") if path.is_file()}
    assert len(files) >= 60
    assert {page for _, pages in starter_questions() for page in pages} == files


def test_questions_in_peoples_own_words_find_their_page_in_the_starter_collection(starter_searcher: Searcher) -> None:
    questions = starter_questions()
    first, among_five = shares(page_ranks(starter_searcher, questions))
    assert first >= 0.70
    assert among_five >= 0.90
    assert first > max(shares(page_ranks(starter_searcher, questions, mode))[0] for mode in (Mode.KEYWORD, Mode.SEMANTIC))


@pytest.mark.slow
def test_questions_find_their_page_among_crawled_pages(usagov: Path, encoder: Encoder, tmp_path: Path) -> None:
    report = counts_of(update(tmp_path, [usagov / "pages_txt"], load_encoder=lambda _: encoder))
    assert (report.read, report.skipped, report.tokens_lost) == (503, (), 0)
    with closing(open_searcher(tmp_path, lambda _: encoder)) as searcher:
        questions = usagov_questions(usagov)
        first, among_five = shares(page_ranks(searcher, questions))
    assert len(questions) == 330
    assert first >= 0.93
    assert among_five >= 0.99


@pytest.fixture(scope="module")
def seed_searcher(seed_page: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("seed")
    update(folder, [seed_page], load_encoder=lambda _: encoder)
    with closing(open_searcher(folder, lambda _: encoder)) as searcher:
        yield searcher


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Is my social security card also my medical insurance card?", "are not the same card"),
        ("Who issues the medical insurance card?", "designated agent bank"),
        ("How soon must a new employee be registered?", "within 30 days"),
    ],
)
def test_the_first_document_answers_its_questions(seed_searcher: Searcher, question: str, holds: str) -> None:
    assert holds in seed_searcher.search(Query(question)).results[0].passage.text
