"""Who may read a part of a published index sees what they would see of the folder: in every count, word and answer."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.engine.protocol import Opened, ReadModel
from askdex.indexer.errors import NotFoundError, RequestError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Access, Filter, Query, Range
from tests.indexer.generations.read_model.collection import COLLECTION, contents
from tests.indexer.postgres import server
from tests.stubs import StubEncoder, write_files

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres.publish import publish
from askdex.indexer.postgres.reader import PostgresReader

DOCUMENTS = COLLECTION | {
    "hr/pay.md": "---\nlevel: secret\n---\n# Pay\n\n## When is payday?\n\nSalaries are paid on the xylophonic twentieth.",
    "hr/leave.md": "# Leave\n\n## How long is leave?\n\nLeave takes thirty days. A card is not needed.",
    "two.csv": "question,answer\nWho opens the gate?,The porter opens it.\nWho shuts it?,The keeper shuts it.\n",
}
ACCESSES = {
    "nothing": Access(),
    "a folder": Access(uris=("hr/*",)),
    "all but a folder": Access(uris=("*.md",), metadata=()),
    "metadata": Access(metadata=(("topic", "money"), ("level", "secret"))),
    "both": Access(uris=("sub/*", "two.csv*"), metadata=(("level", "secret"),)),
    "everything": Access(uris=("*",)),
}
QUESTIONS = ["When is payday?", "Who opens the gate?", "What does a card cost?", "How long is leave", "xylophonik", "salaris"]


_COSINES = 8
"""Where `contents` has the best cosines of its questions."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two generations, published twice, so that passages of the first were removed."""
    place = tmp_path_factory.mktemp("readable")
    for changed in (
        {},
        {"cards.md": "# Cards\n\n## Who issues the card?\n\nThe office issues it.", "hr/leave.md": "# Leave\n\nGone."},
    ):
        write_files(place / "docs", DOCUMENTS | changed)
        update(place / "index", [place / "docs"], load_encoder=lambda _: StubEncoder())
        publish(place / "index", server.address_of(place))
    return place


@pytest.fixture
def models(folder: Path) -> Iterator[tuple[ReadModel, ReadModel]]:
    with closing(Reader(folder / "index")) as one, closing(PostgresReader(server.address_of(folder))) as other:
        yield one, other


def told(opened: Opened) -> list[object]:
    """What is told of the whole of what may be read."""
    return [
        *contents(opened),
        opened.state.token,
        (opened.state.documents, opened.state.passages, opened.state.vectors),
        opened.documents(2, 1),
        (opened.facets(), opened.languages(), opened.filter_keys(99)),
        (sorted(opened.questions(99)), opened.example_questions(99)),
        (opened.left_out(99, 0), opened.number_left_out()),
        (opened.vocabulary.passage_count, opened.vocabulary.average_length),
        [opened.vocabulary.document_frequency((word,)) for word in ("card", "salari", "leav", "nothing")],
        [opened.vocabulary.spellings(word, 2) for word in ("salaries", "xylophonic", "porter", "twentieth")],
        opened.sample(99).tolist(),
        opened.passages_of_documents(["hr/pay.md", "two.csv", "cards.md"]),
    ]


@pytest.mark.parametrize("access", ACCESSES.values(), ids=list(ACCESSES))
def test_all_that_is_told_is_as_from_the_folder(models: tuple[ReadModel, ReadModel], access: Access) -> None:
    one, other = models
    with one.opened(access=access) as expected, other.opened(access=access) as opened:
        here, there = told(opened), told(expected)
        # Half precision is summed up by another library.
        assert here.pop(_COSINES) == pytest.approx(there.pop(_COSINES), abs=1e-5)
        assert here == there


@pytest.mark.parametrize("access", ACCESSES.values(), ids=list(ACCESSES))
@pytest.mark.parametrize("wanted", [{}, {"language": "en"}, {"edition": Range(1, 5)}], ids=["all", "language", "range"])
def test_answers_are_those_of_the_folder(models: tuple[ReadModel, ReadModel], access: Access, wanted: Filter) -> None:
    searchers = [Searcher(model, StubEncoder()) for model in models]
    for question in QUESTIONS:
        one, other = (_asked(searcher, Query(question, access=access, filter=wanted)) for searcher in searchers)
        assert other == one


def _asked(searcher: Searcher, query: Query) -> object:
    try:
        response = searcher.search(query)
    except RequestError as error:
        return str(error)
    return response.results, response.answered, response.corrected, response.total


def test_what_may_not_be_read_is_not_there(models: tuple[ReadModel, ReadModel]) -> None:
    _, model = models
    with model.opened() as opened:
        secret = next(document for document in opened.documents(99, 0) if document.uri == "hr/pay.md")
        ids = opened.passages_of_documents(["hr/pay.md"])["hr/pay.md"]
        (passage,) = opened.passages(ids[:1])
        assert opened.document(secret.id).summary == secret
    with model.opened(access=Access(uris=("cards.md",))) as opened:
        for name, ask in ((secret.id, opened.document), (secret.id, opened.original), (passage.id, opened.passage)):
            with pytest.raises(NotFoundError):
                ask(name)
        assert len(opened.look_up(opened.sample(99))) == opened.state.passages
        assert opened.passages_of_documents(["hr/pay.md"]) == {}


def test_nobody_has_what_was_kept_for_another(models: tuple[ReadModel, ReadModel]) -> None:
    """One after the other on one server, in turn."""
    _, model = models
    searcher = Searcher(model, StubEncoder())
    narrow, wide = Access(uris=("cards.md",)), Access(uris=("*",))
    for _ in range(3):
        uris = {result.passage.document.uri for result in searcher.search(Query("When is payday?", access=narrow)).results}
        assert uris <= {"cards.md"}
        found = searcher.search(Query("When is payday?", access=wide)).results
        assert found[0].passage.document.uri == "hr/pay.md"
        assert searcher.search(Query("When is payday?")).results == found
