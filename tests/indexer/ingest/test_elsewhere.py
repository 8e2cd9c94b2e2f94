"""Texts embedded by workers: the same index as without them, each text once, and none lost with a worker."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from askdex.indexer.errors import ModelError, StorageError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.elsewhere import Elsewhere, fingerprint_of, work
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder, Runtime
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.store import read
from askdex.indexer.types import Vectors
from askdex.server.cli import index as indexing
from askdex.server.cli import work as working
from askdex.server.cli.main import main
from tests.indexer.collection import PAGES
from tests.indexer.postgres import server
from tests.stubs import PATIENCE_S, StubEncoder, wait_for, write_files

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres import texts
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.texts import EmbeddedText, TextToEmbed, WorkTold, connected_to_texts

MANY = {f"many/{n}.md": f"# Page {n}\n\nParagraph {n} says more." for n in range(150)}
TEXTS = [TextToEmbed(f"text {n}", with_codes=False) for n in range(100)]


@pytest.fixture
def address(tmp_path: Path) -> DatabaseAddress:
    return server.address_of(tmp_path)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", PAGES | MANY)
    return tmp_path / "docs"


def indexed(index: Path, docs: Path, address: DatabaseAddress | None = None) -> list[tuple[int, list[float]]]:
    """The passages of an index that is made, with their vectors."""
    elsewhere = None if address is None else lambda encoder: Elsewhere(address, encoder)
    update(index, [docs], load_encoder=lambda _: StubEncoder(), elsewhere=elsewhere)
    with viewed(index) as view:
        return sorted((entry.id, entry.vectors.ravel().tolist()) for entry in read.indexed_passages(view))


@contextmanager
def workers(address: DatabaseAddress, encoders: Sequence[Encoder]) -> Iterator[None]:
    """Workers that go on until the block ends."""
    ends = threading.Event()

    def loaded(encoder: Encoder, _: str) -> Encoder:
        return encoder

    def go_on(encoder: Encoder) -> None:
        while not ends.is_set():
            work(address, partial(loaded, encoder), lambda _: None, ends_when_done=True)

    threads = [threading.Thread(target=go_on, args=(encoder,), daemon=True) for encoder in encoders]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends.set()
        for thread in threads:
            thread.join(PATIENCE_S)


class Together(StubEncoder):
    """Begins when all others have texts too."""

    def __init__(self, all_have_texts: threading.Barrier) -> None:
        super().__init__()
        self._all_have_texts = all_have_texts

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if not self.encoded:
            self._all_have_texts.wait(PATIENCE_S)
        return super().encode_documents(texts)


def claimed(address: DatabaseAddress, encoder: Encoder) -> None:
    with connected_to_texts(address) as connection:
        texts.claim(address, connection, WorkTold(encoder.name, fingerprint_of(encoder)))


def are_all_collected(connection: Connection) -> bool:
    return len(texts.collected(connection, [text.key for text in TEXTS])) == len(TEXTS)


def test_workers_make_the_same_index_and_embed_each_text_once(
    address: DatabaseAddress, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A lease that runs out has its texts embedded twice, and one of the workers waits for the other.
    monkeypatch.setattr(texts, "leased", partial(texts.leased, seconds=2 * PATIENCE_S))
    expected = indexed(tmp_path / "here", docs)
    all_have_texts = threading.Barrier(2)
    encoders = [Together(all_have_texts), Together(all_have_texts)]
    with workers(address, encoders):
        assert indexed(tmp_path / "elsewhere", docs, address) == expected
    encoded = [text for encoder in encoders for text in encoder.encoded]
    assert len(encoded) == len(set(encoded)) > 150
    with connected_to_texts(address) as connection:
        assert rows(connection, "SELECT count(*) FROM texts") == [(0,)]


def _take_and_die(address: DatabaseAddress) -> None:
    class Dying(StubEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "leased", partial(texts.leased, seconds=1))
        work(address, lambda _: Dying(), lambda _: None)


def test_a_worker_that_dies_costs_nothing_but_its_lease(address: DatabaseAddress) -> None:
    claimed(address, StubEncoder())
    with connected_to_texts(address) as connection:
        texts.put(connection, TEXTS)
        process = multiprocessing.get_context("spawn").Process(target=_take_and_die, args=(address,))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert rows(connection, "SELECT count(*) FROM texts WHERE tries = 1") == [(texts._AT_ONCE,)]
        encoder = StubEncoder()
        with workers(address, [encoder]):
            wait_for(lambda: are_all_collected(connection))
    assert sorted(encoder.encoded) == sorted(text.text for text in TEXTS)


@pytest.mark.parametrize("other", ["model", "runtime"])
def test_a_worker_that_would_make_other_vectors_is_refused(address: DatabaseAddress, other: str) -> None:
    claimed(address, StubEncoder())
    with connected_to_texts(address) as connection:
        texts.put(connection, TEXTS)
    encoder = StubEncoder(limit=32) if other == "model" else StubEncoder()
    if other == "runtime":
        encoder.runtime = Runtime("torch float32", "it is another")
    with pytest.raises(ModelError, match="would be mixed"):
        work(address, lambda _: encoder, lambda _: None, ends_when_done=True)


def test_an_indexer_of_another_kind_waits_for_its_turn(address: DatabaseAddress, docs: Path, tmp_path: Path) -> None:
    claimed(address, StubEncoder("other"))
    with connected_to_texts(address) as connection:
        texts.put(connection, TEXTS)
    with pytest.raises(ModelError, match="100 texts wait"):
        indexed(tmp_path / "index", docs, address)
    with workers(address, [StubEncoder("other")]), connected_to_texts(address) as connection:
        wait_for(lambda: are_all_collected(connection))
    with workers(address, [StubEncoder()]):
        assert indexed(tmp_path / "index", docs, address)


def test_what_is_given_twice_counts_once(address: DatabaseAddress) -> None:
    with connected_to_texts(address) as connection:
        texts.put(connection, TEXTS[:1])
        texts.put(connection, TEXTS[:1])
        (key,) = texts.leased(connection, 0)
        assert list(texts.leased(connection)) == [key]
        assert not texts.leased(connection)
        assert texts.give(connection, {key: EmbeddedText(b"late", None)}) == 1
        assert texts.give(connection, {key: EmbeddedText(b"later", None)}) == 0
        assert texts.collected(connection, [key]) == {key: EmbeddedText(b"late", None)}


def test_a_text_that_ends_its_workers_is_given_up(address: DatabaseAddress) -> None:
    with connected_to_texts(address) as connection:
        texts.put(connection, TEXTS[:1])
        for _ in range(texts._MOST_TRIES):
            assert texts.leased(connection, 0)
        assert not texts.leased(connection, 0)
        with pytest.raises(StorageError, match="text 0"):
            texts.collected(connection, [TEXTS[0].key])


def test_from_the_command_line(address: DatabaseAddress, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (indexing, working):
        monkeypatch.setattr(module, "encoder_loader", lambda *_, **__: lambda _: StubEncoder())
    with workers(address, [StubEncoder()]):
        arguments = ["index", str(docs), "--index", str(tmp_path / "index"), "--embed-with", str(address)]
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    worked = CliRunner().invoke(main, ["work", str(address), "--once"])
    assert (worked.exit_code, "Embedded 0 texts." in worked.output) == (0, True), worked.output
    refused = CliRunner().invoke(main, ["work", "postgresql://me:secret@db/x"])
    assert (refused.exit_code, "secret@" in refused.output) == (2, False)
    nowhere = CliRunner().invoke(main, ["work", f"postgresql://me@/x?host={tmp_path}", "--once"])
    assert (nowhere.exit_code, "cannot be reached" in nowhere.output) == (2, True)
