"""An index opened for asking: the generation that a question sees while others are written."""

import os
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Ask
from askdex.indexer.engine.question import weighed
from askdex.indexer.engine.segment import Segment
from askdex.indexer.errors import MissingIndexError, ModelError
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, read, states
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Query
from tests.stubs import PATIENCE_S, StubEncoder, wait_for


def write_version(docs: Path, version: int) -> None:
    """Ten documents of which each says the version."""
    docs.mkdir(exist_ok=True)
    for n in range(10):
        (docs / f"{n}.md").write_text(f"# Document {n}\n\nThis is version {version} of number {n}.", encoding="utf-8")


def make(folder: Path, docs: Path) -> None:
    update(folder, [docs], load_encoder=lambda _: StubEncoder())


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "versions"
    write_version(folder, 1)
    return folder


@pytest.fixture
def versions(tmp_path: Path, docs: Path) -> Path:
    """An index whose every document says the generation."""
    make(tmp_path / "of versions", docs)
    return tmp_path / "of versions"


@pytest.fixture
def searcher(versions: Path) -> Iterator[Searcher]:
    with closing(open_searcher(versions, lambda _: StubEncoder())) as opened:
        yield opened


def test_an_opened_generation_stays_as_it_is_while_others_are_committed(versions: Path, docs: Path) -> None:
    with closing(Reader(versions)) as reader:
        with reader.opened() as opened:
            terms = weighed("version 1 of number 3", opened.vocabulary).terms
            before = opened.candidates(Ask(terms=terms))
            for version in (2, 3, 4):
                write_version(docs, version)
                (docs / f"{version}.md").unlink()
                make(versions, docs)
            assert opened.state.generation == 1
            assert opened.state.documents == opened.vocabulary.passage_count == 10
            after = opened.candidates(Ask(terms=terms))
            assert after.terms.tolist() == before.terms.tolist()
            texts = [passage.text for passage in opened.passages(after.ids.tolist())]
            assert sorted(texts) == [f"This is version 1 of number {n}." for n in range(10)]
        with reader.opened() as opened:
            assert opened.state.generation == 4
            assert opened.state.documents == opened.vocabulary.passage_count == 9


@pytest.mark.parametrize("commits", [1, 3])
def test_a_reader_that_a_writer_overtakes_opens_the_search_files_of_its_own_generation(
    versions: Path, docs: Path, caplog: pytest.LogCaptureFixture, commits: int
) -> None:
    with closing(database.open_for_reading(versions)) as connection, states.reading(connection) as held:
        view = states.newest(versions, connection, held)
        for version in range(2, commits + 2):
            write_version(docs, version)
            (docs / "0.md").unlink()
            make(versions, docs)
        engine = engine_files.open_engine(view)
        assert (view.state.generation, len(engine)) == (1, 10)
        texts = [passage.text for passage in read.passages(view, engine.ids.tolist())]
        assert sorted(texts) == [f"This is version 1 of number {n}." for n in range(10)]
    # One commit is no reason to make them anew.
    assert bool(caplog.messages) is (commits > 1)


def test_the_next_question_sees_the_new_generation(versions: Path, docs: Path, searcher: Searcher) -> None:
    for version in (2, 3):
        write_version(docs, version)
        make(versions, docs)
        response = searcher.search(Query("version of number 3", limit=1))
        assert response.generation == version
        assert response.results[0].passage.text == f"This is version {version} of number 3."


def test_while_a_new_generation_is_opened_beside_them_questions_are_answered_from_the_one_before(
    versions: Path, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def slowly(view: StateView, known: dict[str, Segment]) -> EmbeddedEngine:
        opening.set()
        assert go_on.wait(PATIENCE_S)
        return open_engine(view, known)

    open_engine = engine_files.open_engine
    with closing(Reader(versions)) as reader:
        reader.follow()
        monkeypatch.setattr(engine_files, "open_engine", slowly)
        write_version(docs, 2)
        make(versions, docs)
        assert opening.wait(PATIENCE_S)
        with reader.opened() as opened:
            assert opened.state.generation == 1
            assert opened.vocabulary.passage_count == 10
        go_on.set()
        wait_for(lambda: generation_of(reader) == 2)


def test_a_reader_follows_its_index_through_what_cannot_be_opened(
    versions: Path, docs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Reader(versions)) as reader:
        reader.follow()
        (versions / "index.sqlite").rename(tmp_path / "aside")
        # It says so once it has looked in vain.
        wait_for(lambda: bool(caplog.messages))
        with pytest.raises(MissingIndexError):
            generation_of(reader)
        (tmp_path / "aside").rename(versions / "index.sqlite")
        write_version(docs, 2)
        make(versions, docs)
        wait_for(lambda: generation_of(reader) == 2)


def generation_of(reader: Reader) -> int:
    with reader.opened() as opened:
        return opened.state.generation


@pytest.mark.slow
def test_questions_from_many_threads_see_one_generation_each_while_a_writer_writes(
    versions: Path, docs: Path, searcher: Searcher
) -> None:
    last = 8
    all_have_asked = threading.Barrier(5)
    done = threading.Event()

    def ask() -> set[int]:
        seen = {searcher.search(Query("which version is it")).generation}
        all_have_asked.wait(PATIENCE_S)
        while True:
            is_last = done.is_set()
            response = searcher.search(Query("which version is it", limit=100))
            texts = [result.passage.text for result in response.results]
            assert len(texts) == 10
            assert all(f"version {response.generation} " in text for text in texts)
            seen.add(response.generation)
            if is_last:
                return seen

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            all_have_asked.wait(PATIENCE_S)
            for version in range(2, last + 1):
                write_version(docs, version)
                make(versions, docs)
        finally:
            done.set()
        seen = [future.result() for future in asking]
    assert all({1, last} <= generations for generations in seen)


def put_in_place(index: Path, other: Path) -> None:
    """Let another index have the name of one that is open."""
    index.rename(index.with_name("aside"))
    other.rename(index)


def test_an_index_that_takes_the_place_of_another_is_seen_by_the_next_question(
    versions: Path, docs: Path, searcher: Searcher, tmp_path: Path
) -> None:
    assert searcher.search(Query("version of number 3", limit=1)).generation == 1
    write_version(docs, 7)
    make(tmp_path / "other", docs)
    put_in_place(versions, tmp_path / "other")
    response = searcher.search(Query("version of number 3", limit=1))
    assert response.results[0].passage.text == "This is version 7 of number 3."


def test_an_index_of_another_model_in_its_place_is_refused(
    versions: Path, docs: Path, searcher: Searcher, tmp_path: Path
) -> None:
    update(tmp_path / "other", [docs], load_encoder=lambda _: StubEncoder("other"))
    put_in_place(versions, tmp_path / "other")
    with pytest.raises(ModelError, match="other"):
        searcher.search(Query("version of number 3"))


def test_an_open_index_whose_file_is_gone_is_missing(versions: Path, searcher: Searcher) -> None:
    versions.rename(versions.with_name("aside"))
    with pytest.raises(MissingIndexError):
        searcher.search(Query("version of number 3"))


@pytest.mark.skipif(os.name != "posix", reason="rights of files are others elsewhere")
@pytest.mark.parametrize("is_there", [False, True])
def test_an_index_can_be_read_by_its_owner_only(tmp_path: Path, docs: Path, *, is_there: bool) -> None:
    index = tmp_path / "mine"
    if is_there:
        index.mkdir(mode=0o755)
    make(index, docs)
    with closing(Reader(index)):
        for path in index.iterdir():
            assert not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO), path.name
    if not is_there:
        assert stat.S_IMODE(index.stat().st_mode) == stat.S_IRWXU
