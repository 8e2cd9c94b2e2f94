"""A collection, and the read models of its index: what the suite of read models shares."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from askdex.indexer.engine.protocol import Ask, Found, Opened, ReadModel
from askdex.indexer.engine.question import weighed
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.types import Filter, State, StoredPassage, Vectors
from tests.indexer.collection import PAGES
from tests.indexer.postgres.server import reason_to_skip
from tests.stubs import StubEncoder, write_files

COLLECTION = PAGES | {
    "Fees.md": """---
topic: Money
edition: 2
free: true
tags: [Work, Travel]
---
# Fees

## What does a card cost?

A card costs nine. Who pays twice?

- Bring a photo.
- Bring the form.

| Card | Days |
|------|------|
| Blue | Two  |
| Red  | Nine |
""",
    "sub/deep/rente.md": "---\nlanguage: de\ntopic: Pension\n---\n# Rente\n\n## Wann beginnt die Rente?\n\nMit sechzig.",
    "ämter.md": "---\nlanguage: de\nedition: 10\n---\n# Ämter\n\nDas Amt hat offen.",
}
"""Two languages, metadata of every type, a uri in upper case and one outside of ASCII, items and rows."""


QUESTIONS = ["What does a card cost?", "Wann beginnt die Rente?"]


EVERYTHING = 1_000
"""More passages or documents than the collection has."""


def is_up_to_date(_folder: Path) -> None:
    """Nothing is to be done: the folder itself is read."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """A read model: how the index in a folder is opened, and how a test calls something whenever a generation is opened.

    What is called may wait; until it returns, the generation is not at hand. `publish` brings it up to date with the index.
    """

    open: Callable[[Path], ReadModel]
    before_opening: Callable[[pytest.MonkeyPatch, Callable[[], object]], None]
    publish: Callable[[Path], None] = is_up_to_date


def before_opening_files(patch: pytest.MonkeyPatch, call: Callable[[], object]) -> None:
    """Have something called before search files are opened."""
    open_engine = engine_files.open_engine

    def opened(*arguments: Any) -> object:  # noqa: ANN401
        call()
        return open_engine(*arguments)

    patch.setattr(engine_files, "open_engine", opened)


READ_MODELS = {"folder": Implementation(Reader, before_opening_files)}
if not reason_to_skip():
    # Here alone: it needs an extra.
    from tests.indexer.postgres import sides

    READ_MODELS["postgres"] = Implementation(sides.read_model, sides.before_opening, sides.publish_folder)


class Collection:
    """Documents, and an index that is brought up to date with them."""

    def __init__(self, folder: Path, publish: Callable[[Path], None]) -> None:
        self.index = folder / "index"
        self.docs = folder / "docs"
        self.publish = publish

    def commit(self, removed: Sequence[str] = (), **changed: str) -> State:
        """The next generation: without some files, with others new or changed, given by their names without the suffix."""
        for name in removed:
            (self.docs / name).unlink()
        write_files(self.docs, {f"{name}.md": text for name, text in changed.items()})
        state = update(self.index, [self.docs], load_encoder=lambda _: StubEncoder()).state
        self.publish(self.index)
        return state


@pytest.fixture(params=READ_MODELS.values(), ids=list(READ_MODELS))
def implementation(request: pytest.FixtureRequest) -> Implementation:
    chosen: Implementation = request.param
    return chosen


@pytest.fixture
def collection(implementation: Implementation, tmp_path: Path) -> Collection:
    """The collection at its first generation."""
    made = Collection(tmp_path, implementation.publish)
    write_files(made.docs, COLLECTION)
    made.commit()
    return made


@pytest.fixture
def model(implementation: Implementation, collection: Collection) -> Iterator[ReadModel]:
    """A read model of the collection."""
    with closing(implementation.open(collection.index)) as opened:
        yield opened


@pytest.fixture(scope="module", params=READ_MODELS.values(), ids=list(READ_MODELS))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The first generation, for tests that change nothing."""
    made = Collection(tmp_path_factory.mktemp("collection"), request.param.publish)
    write_files(made.docs, COLLECTION)
    made.commit()
    with closing(request.param.open(made.index)) as model, model.opened() as generation:
        yield generation


def vector_of(*texts: str) -> Vectors:
    return StubEncoder().encode_questions(texts)


def ask(opened: Opened, question: str, limit: int = EVERYTHING, wanted: Filter | None = None) -> Found:
    """The candidates of both rankers."""
    terms = weighed(question, opened.vocabulary).terms
    return opened.candidates(Ask(vector_of(question)[0], terms, limit, wanted or {}))


def all_passages(opened: Opened) -> dict[int, StoredPassage]:
    """All passages by the ids that the engine has for them."""
    ids = opened.sample(EVERYTHING).tolist()
    return dict(zip(ids, opened.passages(ids), strict=True))


def passage_ids(opened: Opened, uri: str) -> list[int]:
    """The ids of a document's passages, in the order of its text."""
    passages = [(passage.ordinal, number) for number, passage in all_passages(opened).items() if passage.document.uri == uri]
    return [number for _, number in sorted(passages)]


def document_id(opened: Opened, uri: str) -> str:
    (document,) = [document for document in opened.documents(EVERYTHING, 0) if document.uri == uri]
    return document.id


def in_lists(found: Found) -> list[object]:
    """What was found, so that it can be compared."""
    arrays = (found.ids, found.places, found.vectors, found.vector_ends, found.terms, found.term_ends)
    return [array.tolist() for array in arrays]


def contents(opened: Opened) -> list[object]:
    """All that a generation can be asked, to compare it with itself later."""
    ids = opened.sample(EVERYTHING).tolist()
    documents = opened.documents(EVERYTHING, 0)
    vocabulary = opened.vocabulary
    return [
        (opened.state, opened.model, opened.calibration),
        (vocabulary.passage_count, vocabulary.average_length, vocabulary.spellings("cart", 1)),
        [vocabulary.document_frequency((term,)) for term in ("card", "pension", "new")],
        (ids, opened.passages(ids), [list(units) for units in opened.units(ids)]),
        (documents, [opened.document(document.id) for document in documents]),
        (opened.filter_keys(EVERYTHING), opened.languages(), opened.example_questions(EVERYTHING)),
        [in_lists(ask(opened, question)) for question in ("lost card", "new pension", *QUESTIONS)],
        in_lists(opened.look_up(opened.sample(EVERYTHING))),
        opened.best_cosines(vector_of(*QUESTIONS), {}).tolist(),
    ]


def assert_consistent(opened: Opened) -> None:
    """What the truth holds and what the engine holds are the same generation."""
    state, passages = opened.state, all_passages(opened)
    assert len(passages) == state.passages == opened.vocabulary.passage_count
    assert len(opened.documents(EVERYTHING, 0)) == state.documents == sum(opened.languages().values())
    found = ask(opened, "card")
    assert found.ids.tolist() == sorted(passages)
    assert len(found.vectors) == state.vectors
