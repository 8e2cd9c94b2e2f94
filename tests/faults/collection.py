"""A small collection in four editions, questions to it, and what an index says of it."""

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

from askdex.corpus.errors import AskdexError
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query, Scores, State, Vectors
from askdex.indexer.upkeep.doctor import Finding, examine
from tests.stubs import StubEncoder

TOPICS = ("pension", "card", "hospital", "injury", "leave", "tax", "transfer", "appeal")
OLDEST, OLD, PRUNED, NEW = "oldest", "old", "pruned", "new"
"""`OLD` follows `OLDEST`, and `NEW` follows `OLD`; `PRUNED` is `OLD` without the folder `GONE`. `KEPT` is in all of them."""
GONE, KEPT = TOPICS[0], TOPICS[2]

Answer: TypeAlias = tuple[str, str, str, Scores]
Answers: TypeAlias = tuple[tuple[Answer, ...], ...]
Seen: TypeAlias = Answers | type[AskdexError]
"""The answers of an index, or the error with which it refuses to give any."""


class QuickEncoder(StubEncoder):
    """Gives the vectors of the stub, and those of the same texts faster the second time."""

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return _vectors(tuple(texts))


@cache
def _vectors(texts: tuple[str, ...]) -> Vectors:
    return StubEncoder().encode_questions(texts)


def write(folder: Path, edition: str, *, files: int = 56, rows: int = 160) -> None:
    """Bring a folder into the state of an edition: so many Markdown files, and a table with so many questions."""
    if folder.exists():
        shutil.rmtree(folder)
    pages = dict(_pages(edition, files))
    for name, text in (pages | {"table.csv": _table(edition, rows)}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _pages(edition: str, files: int) -> Iterator[tuple[str, str]]:
    for number, topic in zip(range(files), cycle(TOPICS)):
        is_turned = edition == NEW
        if (edition == PRUNED and topic == GONE) or (edition == OLDEST and number % 4 == 1) or (is_turned and number % 10 == 3):
            continue
        name = f"{topic}/{'renamed' if is_turned and number % 10 == 7 else 'page'}-{number:02}.md"
        yield name, _page(number, topic, 2 if is_turned and number % 10 == 5 else 1)
    if edition == NEW:
        yield from ((f"{topic}/added-{topic}.md", _page(files + n, topic, 3)) for n, topic in enumerate(TOPICS[:4]))


def _page(number: int, topic: str, version: int) -> str:
    parts = (
        f"## {question} for {topic} {number}?\n\nThe {topic} {word} of case {number} is {number * 7 + version} {unit}. "
        f"It was settled in version {version} and holds for everyone with a {topic} of kind {number % 5}.\n"
        for question, word, unit in (
            ("What is the limit", "limit", "days"),
            ("Who decides", "office", "clerks"),
            ("What does it cost", "fee", "coins"),
        )
    )
    return "\n".join([f"# About {topic} {number}\n", *parts])


def _table(edition: str, rows: int) -> str:
    since = OLD if edition == PRUNED else edition
    lines = (
        f"Where is desk {number} for {topic}?,Desk {number} is on floor {number % 9} since edition {since if n % 2 else 0}."
        for n, (number, topic) in enumerate(zip(range(rows), cycle(TOPICS)))
    )
    return "\n".join(["question,answer", *lines, ""])


def questions(generation: int | None = None) -> Iterator[Query]:
    """Three about each topic, some with a filter. Each is by one ranker alone, for how both count together depends on when a
    collection was measured.
    """
    filters = cycle(({}, {"folder": "card"}, {}, {"language": "en"}, {}))
    modes = cycle((Mode.KEYWORD, Mode.SEMANTIC, Mode.SEMANTIC))
    wordings = (
        wording.format(topic=topic, n=number)
        for number, topic in enumerate(cycle(TOPICS))
        for wording in ("What is the {topic} limit of case {n}?", "desk {n} {topic} floor", "who decides the {topic} fee?")
    )
    for wording, query_filter, mode in islice(zip(wordings, filters, modes, strict=False), 3 * len(TOPICS)):
        yield Query(wording, mode=mode, filter=query_filter, generation=generation)


def answer(searcher: Searcher, query: Query) -> tuple[Answer, ...]:
    results = searcher.search(query).results
    return tuple((result.passage.id, result.passage.document.uri, result.passage.text, result.scores) for result in results)


def answers(index: Path) -> Answers:
    searcher = open_searcher(index, QuickEncoder)
    try:
        return tuple(answer(searcher, query) for query in questions())
    finally:
        searcher.close()


def seen(index: Path) -> Seen:
    try:
        return answers(index)
    except AskdexError as error:
        return type(error)


def built(index: Path, documents: Path) -> State:
    """The state of an index after bringing it up to date with its documents."""
    return update(index, [documents], load_encoder=QuickEncoder).state


def unsound(index: Path) -> list[Finding]:
    """What doctor finds wrong with an index. Raises AskdexError where there is none."""
    return [finding for finding in examine(index, QuickEncoder) if not finding.is_sound]
