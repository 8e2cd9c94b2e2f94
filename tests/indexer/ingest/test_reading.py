"""Files are read in processes of their own; one that ends, stops or grows costs its file and no other."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askdex.corpus import starter
from askdex.corpus.errors import FailedReadingError, RefusedError, UnreadableError
from askdex.corpus.messages import (
    ReadingTask,
    Wanted,
    decoded,
    document_of,
    document_values,
    hints_of,
    hints_values,
    message_bytes,
    passage_values,
    passages_of,
    task_of,
    task_values,
)
from askdex.corpus.passages import CutDocument, EmbeddedText, cut_document
from askdex.corpus.readers import registry
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.sources.site.hints import Hints
from askdex.corpus.types import Block, Document, Kind, Link, Passage, Skipped
from askdex.corpus.worker import MEMORY
from askdex.indexer.ingest import reading
from askdex.indexer.ingest.reading import FileToRead, PageReader, Pool
from askdex.indexer.ingest.scan import SourceItem
from tests.corpus.readers.archives import zipped
from tests.corpus.readers.containers import ole
from tests.stubs import StubEncoder, is_running, wait_for, write_files

FAKE = """
import os, signal, sys, time
from pathlib import Path
from askdex.corpus import worker
from askdex.corpus.readers import registry

def wait_until_seen():
    while not Path(sys.argv[0]).with_name(f"seen-{os.getpid()}").exists():
        time.sleep(0.01)

def decode(data):
    if item_is_archive and not data.startswith(b"{"):
        exec(data.decode())
        return "Read."
    return data.decode()

def parse(item, data, visitor):
    global item_is_archive
    item_is_archive = item.uri.endswith(".zip")
    if not item_is_archive:
        exec(data.decode())
    yield from registry.parse(item, data if item_is_archive else b"Read.", visitor)

def cut(document, tokens):
    if "end here" in document.text:
        os.abort()
    return real_cut(document, tokens)

registry.decode, worker.parse = decode, parse
real_cut, worker.cut = worker.cut, cut
worker.main(int(sys.argv[1]))
"""
"""A reader to which a file, or one in an archive, says what to do to it, such as to wait until its memory was looked at."""


def files_in(folder: Path) -> list[FileToRead]:
    source = FolderSource(folder, folder, is_read)
    return [FileToRead(SourceItem(source, item)) for item in source.items() if isinstance(item, Item)]


def outcomes(pool: Pool, files: list[FileToRead]) -> dict[str, list[str] | str]:
    """The texts of each file, or why it is left out."""
    found: dict[str, list[str] | str] = {}
    for file, parts in pool.read(files):
        try:
            found[file.entry.item.uri] = [
                part.document.text.splitlines()[-1] if isinstance(part, CutDocument) else part.reason for part in parts
            ]
        except UnreadableError as error:
            found[file.entry.item.uri] = f"{type(error).__name__}: {error}"
    return found


@pytest.fixture
def vulnerable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers do what files say."""
    (tmp_path / "reader.py").write_text(FAKE)
    monkeypatch.setattr(reading, "_PROGRAM", ("-P", str(tmp_path / "reader.py")))
    look = reading._Reader.look

    def telling(one: reading._Reader) -> None:
        look(one)
        if one._taken > reading._FULL * MEMORY:
            (tmp_path / f"seen-{one._process.pid}").touch()

    monkeypatch.setattr(reading._Reader, "look", telling)


@pytest.fixture
def hurt(vulnerable: None, tmp_path: Path) -> Callable[..., dict[str, list[str] | str]]:  # noqa: ARG001
    """Reads files that do something to their reader, each between two good ones."""

    def read(*statements: str, size: int = 0, seconds: int = reading.LEAST_S) -> dict[str, list[str] | str]:
        folder = tmp_path / "docs"
        write_files(folder, {"0.txt": "pass"})
        for n, statement in enumerate(statements, 1):
            write_files(folder, {f"{n}.txt": statement, f"{n}a.txt": "pass"})
        with Pool(StubEncoder, size, seconds) as pool:
            return outcomes(pool, files_in(folder))

    return read


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[reading._Reader]:
    """The readers that a test begins. Of its other children a process may have some that last, as multiprocessing has."""
    readers: list[reading._Reader] = []
    begin = reading._Reader.__init__

    def noting(reader: reading._Reader) -> None:
        begin(reader)
        readers.append(reader)

    monkeypatch.setattr(reading._Reader, "__init__", noting)
    return readers


def assert_ended(readers: list[reading._Reader]) -> None:
    """Of these readers, at least one, none is left."""
    assert readers
    assert None not in [reader._process.returncode for reader in readers]


HURTS = {
    "os.abort()": "FailedReadingError: reading it ended the reader",
    "held = bytearray(2**29); wait_until_seen(); os.abort()": "FailedReadingError: reading it took more than 768 MB of memory",
    "os._exit(0)": "FailedReadingError: reading it ended the reader",
    "sys.exit()": "FailedReadingError: reading it ended the reader",
    "os.kill(os.getpid(), signal.SIGKILL)": "FailedReadingError: reading it ended the reader",
    "os.kill(os.getpid(), signal.SIGTERM)": "RefusedError: its reader was stopped: index it again",
    "b' ' * 2**34": "FailedReadingError: reading it took more than 768 MB of memory",
    "[bytearray(2**20) for _ in range(2**11)]": "FailedReadingError: reading it took more than 768 MB of memory",
    "while True: pass": "FailedReadingError: reading it took more than 4 s",
    "raise ValueError": "FailedReadingError: Askdex failed to cut it into passages (ValueError)",
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process")
@pytest.mark.parametrize("size", [0, 2**30], ids=["one process", "many processes"])
def test_what_a_file_does_to_its_reader_costs_that_file(hurt: Callable[..., dict[str, list[str] | str]], size: int) -> None:
    found = hurt(*HURTS, size=size, seconds=4)
    assert [found.pop(f"{n}.txt") for n in range(1, len(HURTS) + 1)] == list(HURTS.values())
    assert set(map(str, found.values())) == {"['Read.']"}
    assert len(found) == len(HURTS) + 1


def archive(path: Path, *statements: str, suffix: str = "txt") -> None:
    """Files that do something to their reader, each between two good ones; a folder in it is an archive, too.

    It is large, so that all of them may take many seconds.
    """
    files = {"0.txt": b"pass"}
    for n, statement in enumerate(statements, 1):
        files |= {f"{n}.{suffix}": statement.encode(), f"{n}a.txt": b"pass"}
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zipped({".large": os.urandom(2**22), "a.txt": b"pass", "in.zip": zipped(files), "z.txt": b"pass"}))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process")
@pytest.mark.parametrize("size", [0, 2**30], ids=["one process", "many processes"])
def test_what_a_file_in_an_archive_does_to_its_reader_costs_that_file(
    hurt: Callable[..., dict[str, list[str] | str]], tmp_path: Path, size: int
) -> None:
    hurts = {statement: reason.split(": ", 1)[1] for statement, reason in HURTS.items() if "SIGTERM" not in statement}
    hurts["raise ValueError"] = "Askdex failed to read it (ValueError)"
    archive(tmp_path / "docs" / "x.zip", *hurts)
    found = hurt(size=size, seconds=4)
    read = ["Read."] * (len(hurts) + 1)
    assert found["0.txt"] == ["Read."]
    assert found["x.zip"] == [
        "Read.",
        *(one for pair in zip(read, hurts.values(), strict=False) for one in pair),
        "Read.",
        "Read.",
    ]


ROW = '{{"question": "Is it {0}?", "answer": "It is {0}."}}\n'


@pytest.mark.usefixtures("vulnerable")
@pytest.mark.parametrize("known", range(6))
def test_what_a_file_in_an_archive_gave_before_it_ended_its_reader_stays(tmp_path: Path, known: int) -> None:
    archive(tmp_path / "docs" / "x.zip", "".join(map(ROW.format, ["one", "the end here", "two"])), suffix="jsonl")
    with Pool(StubEncoder, 0) as pool:
        files = [replace(file, known_documents=known) for file in files_in(tmp_path / "docs")]
        found = outcomes(pool, files)["x.zip"]
    documents = ["Read.", "Read.", "It is one.", "Read.", "Read."]
    assert [text for text in found if text != "reading it ended the reader"] == documents[known:]
    assert "reading it ended the reader" in found


def test_an_archive_of_which_many_files_end_their_reader_is_read_no_further(
    hurt: Callable[..., dict[str, list[str] | str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MOST_ENDED", 2)
    archive(tmp_path / "docs" / "x.zip", *["os.abort()"] * 3)
    ended = "reading it ended the reader"
    assert hurt()["x.zip"] == ["Read.", "Read.", ended, "Read.", ended, "2 files before it ended the reader"]


def test_an_indexer_larger_than_its_readers_does_not_take_an_end_for_one_by_memory(
    hurt: Callable[..., dict[str, list[str] | str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process begins with the peak of the memory of the one that started it.
    monkeypatch.setattr(reading, "_FULL", 1e-9)
    assert len(b"x" * 2**28) == 2**28
    assert hurt("os.abort()")["1.txt"] == "FailedReadingError: reading it ended the reader"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what a process uses")
def test_all_files_in_an_archive_together_may_take_hardly_longer_than_one(
    hurt: Callable[..., dict[str, list[str] | str]], tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    hurts = {f"{n}{kind}.txt": code for n in range(9) for kind, code in (("a", b"while True: pass"), ("b", b"pass"))}
    (tmp_path / "docs" / "x.zip").write_bytes(zipped(hurts))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = hurt(seconds=8)["x.zip"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 8 + 6  # those for all, and for processes that start
    assert found[:2] == ["reading it took more than 4 s", "Read."]
    assert found[-1] == "reading the files before it took too long"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the time of a process")
def test_what_a_recognised_page_does_not_take_of_its_time_is_for_nothing_else(
    hurt: Callable[..., dict[str, list[str] | str]],
) -> None:
    pages = "worker._S_OF_PAGE = 2\nfor _ in range(9): worker.recognition._listeners[0]()\n"
    found = hurt(f"{pages}began = time.process_time()\nwhile time.process_time() < began + 9: pass", seconds=2)
    assert found["1.txt"] == "FailedReadingError: reading it took more than 2 s"


def test_an_error_of_the_system_is_not_held_against_a_file(hurt: Callable[..., dict[str, list[str] | str]]) -> None:
    found = hurt("parse(item, data, visitor); registry._parsed = lambda *_: open('/nowhere/file')")
    assert found["1.txt"] == "RefusedError: its reader failed (No such file or directory): index it again"


@pytest.mark.slow
def test_a_file_that_a_reader_says_nothing_about_costs_that_file(
    hurt: Callable[..., dict[str, list[str] | str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SILENCE_S", 9.0)
    found = hurt("time.sleep(99)")
    assert found == {"0.txt": ["Read."], "1.txt": "FailedReadingError: reading it took more than 9 s", "1a.txt": ["Read."]}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what a process uses")
def test_a_reader_that_has_worked_may_be_silent_for_longer(
    hurt: Callable[..., dict[str, list[str] | str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SILENCE_S", 3.0)
    monkeypatch.setattr(reading, "_SLOWEST", 10_000)
    found = hurt("began = time.process_time()\nwhile time.process_time() < began + 0.5: pass\ntime.sleep(6)")
    assert found == {"0.txt": ["Read."], "1.txt": ["Read."], "1a.txt": ["Read."]}


@pytest.mark.slow
def test_a_reader_that_waits_for_the_processor_may_be_silent_for_longer(
    hurt: Callable[..., dict[str, list[str] | str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SILENCE_S", 3.0)
    monkeypatch.setattr(reading, "_SLOWEST", 0)
    monkeypatch.setattr(reading._Reader, "waited", lambda _: time.monotonic())
    found = hurt("time.sleep(6)")
    assert found == {"0.txt": ["Read."], "1.txt": ["Read."], "1a.txt": ["Read."]}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell how long a process waits")
def test_a_reader_waits_for_a_processor_that_others_use() -> None:
    processor = min(os.sched_getaffinity(0))
    reader = reading._Reader()
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        for process in (reader._process, *others):
            os.sched_setaffinity(process.pid, {processor})
        wait_for(lambda: reader.waited() > 0.05)
        waited = reader.waited()
        assert reader.patience() >= waited > 0.05
    finally:
        reader.end()
        for process in others:
            process.kill()
            process.wait()


def test_sectors_of_an_old_workbook_that_go_in_a_circle_are_not_followed_for_ever(tmp_path: Path) -> None:
    data = bytearray(ole({"Workbook": bytes(3_000)}))
    mini_fat = 512 * (1 + int.from_bytes(data[60:64], "little"))
    data[mini_fat : mini_fat + 4] = bytes(4)  # the first sector leads to itself
    (tmp_path / "circle.xls").write_bytes(data)
    with Pool(StubEncoder, 0) as pool:
        assert outcomes(pool, files_in(tmp_path)) == {"circle.xls": "UnreadableError: a damaged XLS file"}


def test_documents_come_as_a_reader_in_this_process_gives_them() -> None:
    files = files_in(starter.FOLDER)[:40]
    stub = StubEncoder()
    with Pool(lambda: stub, 2**30) as pool:
        found = [(file, list(parts)) for file, parts in pool.read(files)]
    assert [file for file, _ in found] == files
    for file, parts in found:
        item = file.entry.item
        expected = list(parse(item, file.entry.source.read(item)))
        assert parts == [part if isinstance(part, Skipped) else cut_document(part, stub) for part in expected]


def test_only_documents_that_are_not_known_are_given_and_parts_that_are_left_out_are_told(tmp_path: Path) -> None:
    row = '{"question": "How far is it?", "answer": "300 metres."}\n'
    write_files(tmp_path, {"rows.jsonl": f"{row}not json\n{row}{row}", "none.txt": " ", "gone.txt": "Gone."})
    files = files_in(tmp_path)
    (tmp_path / "gone.txt").unlink()
    with Pool(StubEncoder, 0) as pool:
        found = outcomes(pool, [FileToRead(file.entry, known_documents=1) for file in files])
    assert found == {
        "rows.jsonl": ["not a JSON object", "300 metres.", "300 metres."],
        "none.txt": "UnreadableError: empty",
        "gone.txt": "RefusedError: no such file or directory",
    }


def test_of_very_many_parts_that_are_left_out_the_rest_is_counted(tmp_path: Path) -> None:
    good = '{"question": "Who pays?", "answer": "The office."}\n'
    write_files(tmp_path, {"many.jsonl": good + "[]\n" * 11_234 + good})
    with Pool(StubEncoder, 0) as pool:
        (found,) = outcomes(pool, files_in(tmp_path)).values()
    assert found[0] == found[-2] == "The office."
    assert found[1:-2] == ["not a JSON object"] * 10_000
    assert found[-1] == "1,234 more parts that cannot be read"


def test_without_an_encoder_nothing_is_cut(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "A text."})
    with Pool(None, 0) as pool:
        found = [part for _, parts in pool.read(files_in(tmp_path)) for part in parts]
    assert [(part.document.text, part.passages) for part in found if isinstance(part, CutDocument)] == [("A text.", [])]


def test_where_no_reader_starts_no_file_is_to_blame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a.txt": "A text."})
    monkeypatch.setattr(reading, "_PROGRAM", ("-c", "raise SystemExit(3)"))
    with Pool(None, 0) as pool, pytest.raises(OSError, match=r"cannot be started \(exit code 3\)"):
        outcomes(pool, files_in(tmp_path))


def test_where_a_reader_has_no_room_for_its_temporary_files_no_file_is_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path / "docs", {"a.txt": "A text."})
    program = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9));"
    program += "from askdex.corpus import worker; worker.main(int(sys.argv[1]))"
    monkeypatch.setattr(reading, "_PROGRAM", ("-c", program))
    with Pool(None, 0) as pool, pytest.raises(OSError, match=r"cannot be started \(File too large\)"):
        outcomes(pool, files_in(tmp_path / "docs"))


def test_an_error_of_the_encoder_is_that_of_the_run_and_no_reader_is_left(tmp_path: Path, begun: list[reading._Reader]) -> None:
    def failing() -> StubEncoder:
        raise RuntimeError("no model")

    write_files(tmp_path, {"a.txt": "A text.", "b.txt": "Another."})
    with Pool(failing, 2**30) as pool, pytest.raises(RuntimeError, match="no model"):
        outcomes(pool, files_in(tmp_path))
    assert_ended(begun)


def test_a_reader_ends_with_the_process_that_started_it() -> None:
    program = (
        "import os, sys; from askdex.indexer.ingest.reading import _Reader; reader = _Reader(); "
        "reader.connection.recv_bytes(); print(reader._process.pid, flush=True); os._exit(0)"
    )
    process = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, env=environment())
    pid = int(process.stdout)
    try:
        wait_for(lambda: not is_running(pid))
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(reading._PACKAGES)}


def test_a_reader_imports_no_encoder_and_no_database() -> None:
    names = ("torch", "openvino", "tokenizers", "apsw", "faiss")
    program = f"import sys, askdex.corpus.worker; print([name for name in {names} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, env=environment()).stdout
    assert output == b"[]\n"


# What pages say

PAGE = b'<base href="/b/"><meta name=robots content="noindex"><a href="fees.html">Fees</a>'
SAID = Hints(("fees.html",), "", "/b/", frozenset(("noindex",)))
HURT_BY_A_PAGE = """
import os, signal, sys, time
from dataclasses import replace
from askdex.corpus import worker

def hints(data):
    if data.startswith(b"!"):
        exec(data[1:].decode())
    return reading.hints(data)

reading = worker.SITE_READING
worker.SITE_READING = replace(reading, hints=hints)
worker.main(int(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("page", "error", "reason"),
    [
        (b"!os.abort()", FailedReadingError, "reading it ended the reader"),
        (b"!b' ' * 2**34", FailedReadingError, "reading it took more than 768 MB of memory"),
        (b"!raise ValueError", FailedReadingError, r"\(ValueError\)"),
        (b"!os.kill(os.getpid(), signal.SIGTERM)", RefusedError, "its reader was stopped"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process")
def test_what_a_page_does_to_its_reader_costs_what_that_page_says(
    page: bytes,
    error: type[UnreadableError],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    begun: list[reading._Reader],
) -> None:
    (tmp_path / "reader.py").write_text(HURT_BY_A_PAGE)
    monkeypatch.setattr(reading, "_PROGRAM", ("-P", str(tmp_path / "reader.py")))
    with PageReader() as reader:
        assert reader.hints(PAGE) == SAID
        with pytest.raises(error, match=reason):
            reader.hints(page)
        assert reader.hints(PAGE) == SAID
    assert_ended(begun)


def test_the_elements_of_a_page_come_from_the_reader_which_goes_on_with_files(begun: list[reading._Reader]) -> None:
    page = b"<body><h1>Fees</h1><p>There are none.</p>"
    with PageReader() as reader:
        with pytest.raises(UnreadableError, match="empty"):
            reader.regions(b" ")
        assert reader.regions(page) == registry.regions_of(page)
        with Pool(None, 1, after=reader) as pool:
            assert len(pool._idle) == 1
            assert reader.hand_over() == []
    assert_ended(begun)


def test_a_page_that_its_reader_says_nothing_about_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: list[reading._Reader]
) -> None:
    (tmp_path / "reader.py").write_text(HURT_BY_A_PAGE)
    monkeypatch.setattr(reading, "_PROGRAM", ("-P", str(tmp_path / "reader.py")))
    monkeypatch.setattr(reading, "_SILENCE_S", 1.0)
    monkeypatch.setattr(reading, "_SLOWEST", 0.0)
    with PageReader() as reader, pytest.raises(FailedReadingError, match="reading it took more than 1 s"):
        reader.hints(b"!time.sleep(99)")
    assert_ended(begun)


def test_where_no_reader_of_pages_starts_no_page_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PROGRAM", ("-c", "raise SystemExit(3)"))
    with PageReader() as reader, pytest.raises(OSError, match=r"cannot be started \(exit code 3\)"):
        reader.hints(PAGE)


# Messages


def through(message: Any) -> Any:  # noqa: ANN401  # as the messages have it
    return decoded(message_bytes(message))


def test_tasks_documents_and_passages_are_the_same_on_the_other_side() -> None:
    document = Document(
        "a.md",
        "A \ud83c",
        "One\u2028two.",
        (Block(Kind.TITLE, 0, 3), Block(Kind.ITEM, 4, 8, 2)),
        "en",
        {"n": 1, "f": 1.5, "b": True, "l": ["x", 2]},
        (Link(0, 3, "x.html"),),
        (0, 4),
    )
    assert document_of(through(document_values(document))) == document
    item = Item(b"/a\xff", "a", b"\0\1", 7, repeated=("p 1", "div 2"))
    task = ReadingTask(item, 3, cuts=False, seconds=9, after=(2, 1), wants=Wanted.REGIONS)
    assert task_of(through(task_values(task))) == task
    assert hints_of(through(hints_values(SAID))) == SAID
    passage, texts = Passage(0, 3, ("a", "b"), "q?"), [EmbeddedText("One", 1.0, 2)]
    assert passages_of(through([passage_values(passage, texts)])) == [(passage, texts)]
