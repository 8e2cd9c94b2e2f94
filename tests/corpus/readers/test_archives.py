import gzip
import io
import tarfile
import zipfile

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document, Skipped
from tests.corpus.readers.archives import tarred, zipped
from tests.corpus.readers.packages import docx, paragraph

_TEXT = b"Report a lost card at once, by telephone or at the counter of the agency."
_WORD = docx(paragraph("Lost card", "H1"), paragraph("Report it."))
_FAQ = b"question,answer\nWho pays?,You do.\n"


def _parts(name: str, data: bytes) -> list[Document | Skipped]:
    return list(parse(Item(b"key", name, b"version", len(data)), data))


def _read(name: str, data: bytes) -> list[str]:
    """The addresses of the documents in an archive, of which all is read."""
    parts = _parts(name, data)
    assert all(isinstance(part, Document) for part in parts), parts
    return [part.uri for part in parts]


def _left_out(name: str, data: bytes) -> dict[str, str]:
    """The reasons why files in an archive are left out."""
    return {part.uri: part.reason for part in _parts(name, data) if isinstance(part, Skipped)}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("drive.zip", zipped({"a/lost.docx": _WORD, "faq.csv": _FAQ})),
        ("drive.tar", tarred({"a/lost.docx": _WORD, "faq.csv": _FAQ})),
        ("drive.tar.gz", tarred({"a/lost.docx": _WORD, "faq.csv": _FAQ}, "gz")),
        ("drive.TGZ", tarred({"./a/lost.docx": _WORD, "/faq.csv": _FAQ}, "gz")),
        ("drive.tar.bz2", tarred({"a/lost.docx": _WORD, "faq.csv": _FAQ}, "bz2")),
        ("drive.txz", tarred({"a/lost.docx": _WORD, "faq.csv": _FAQ}, "xz")),
    ],
)
def test_each_file_is_read_as_in_a_folder(name: str, data: bytes) -> None:
    lost, faq = _parts(name, data)
    assert isinstance(lost, Document)
    assert isinstance(faq, Document)
    assert (lost.uri, lost.title, lost.text) == (f"{name}/a/lost.docx", "Lost card", "Lost card\n\nReport it.")
    assert lost.metadata == {"format": "word", "folder": f"{name}/a", "updated": "2024-03-01", "updated_from": "file"}
    assert (faq.uri, faq.title) == (f"{name}/faq.csv#who-pays", "Who pays?")


def test_archives_in_archives_are_read() -> None:
    inner = tarred({"b/c.txt": _TEXT}, "gz")
    assert _read("drive.zip", zipped({"a/inner.tgz": inner})) == ["drive.zip/a/inner.tgz/b/c.txt"]


def test_what_cannot_be_read_costs_nothing_else() -> None:
    files = {"a.exe": b"MZ", "b.docx": b"PK", "c.txt": b" ", "d.zip": b"PK", "e.txt": _TEXT}
    assert [part.uri for part in _parts("x.zip", zipped(files)) if isinstance(part, Document)] == ["x.zip/e.txt"]
    assert _left_out("x.zip", zipped(files)) == {
        "x.zip/a.exe": "not a kind of file that Askdex reads (.exe)",
        "x.zip/b.docx": "not a Word file",
        "x.zip/c.txt": "empty",
        "x.zip/d.zip": "a damaged ZIP archive",
    }


def test_hidden_files_are_left_out_without_a_word() -> None:
    files = {"__MACOSX/._a.txt": _TEXT, ".git/a.txt": _TEXT, "b/.c.txt": _TEXT, "d.txt": _TEXT}
    files |= dict.fromkeys(("~$a.docx", "b/Thumbs.db", "b/desktop.ini", "b/.DS_Store"), b"\0")
    assert _left_out("x.zip", zipped(files)) == {}
    assert _read("x.zip", zipped(files)) == _read("x.zip", zipped({"d.txt": _TEXT}))
    assert _read("x.tar", tarred(files)) == ["x.tar/d.txt"]


@pytest.mark.parametrize("name", ["../../etc/a.txt", "/a.txt", "..\\a.txt", "./a.txt"])
def test_a_path_does_not_lead_out_of_the_archive(name: str) -> None:
    (uri,) = _read("x.tar", tarred({name: _TEXT}))
    assert uri in ("x.tar/etc/a.txt", "x.tar/a.txt")


def test_links_are_not_followed() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("a.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(UnreadableError, match="no files in it"):
        _parts("x.tar", buffer.getvalue())


def test_names_in_an_older_encoding_are_decoded() -> None:
    name = "Größe über alles und für jeden.txt"
    older = zipped({name: _TEXT}).replace(name.encode(), b"____" + name.encode("cp1252"))
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flags = older.index(start) + place
        older = older[:flags] + b"\0\0" + older[flags + 2 :]
    assert _read("x.zip", older) == [f"x.zip/____{name}"]


def test_a_password_protects_a_file_and_not_the_others() -> None:
    data = bytearray(zipped({"a.txt": _TEXT, "b.txt": _TEXT}))
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + place] |= 1
    assert _left_out("x.zip", bytes(data)) == {"x.zip/a.txt": "protected by a password"}


def test_a_file_whose_checksum_is_wrong_is_damaged() -> None:
    data = zipped({"a.txt": _TEXT, "b.txt": _TEXT + b"."}, zipfile.ZIP_STORED)
    assert _left_out("x.zip", data.replace(b"Report", b"Resort", 1)) == {"x.zip/a.txt": "damaged in the archive"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.zip", b"Lost cards", "not a ZIP archive"),
        ("x.zip", zipped({"a.txt": _TEXT})[:60], "a damaged ZIP archive"),
        ("x.zip", zipped({}), "no files in it"),
        ("x.tar", b"Lost cards", "not a TAR archive, or a damaged one"),
        ("x.tgz", gzip.compress(b"Lost cards"), "not a TAR archive, or a damaged one"),
        ("x.tar.xz", tarred({"a.txt": _TEXT}, "xz")[:50], "not a TAR archive, or a damaged one"),
    ],
    # Not made of the bytes, which hold the time and differ between two processes that run the tests.
    ids=["a text as ZIP", "a ZIP cut off", "an empty ZIP", "a text as TAR", "a compressed text as TAR", "a TAR cut off"],
)
def test_what_is_no_archive_is_left_out_with_the_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        _parts(name, data)


def test_what_comes_before_the_damage_is_read() -> None:
    data = tarred({"a.txt": _TEXT, "b.txt": _TEXT * 500})
    first, *others = _parts("x.tar", data[:3_000])
    assert isinstance(first, Document)
    assert [part.reason for part in others if isinstance(part, Skipped)] == ["damaged in the archive"] * len(others)


class TestBombs:
    def test_more_than_a_gigabyte_is_not_unpacked(self) -> None:
        zeros = b"\0" * (129 * 2**20)
        data = bytearray(zipped({"a.txt": zeros}))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = archive.infolist()[0].file_size
        place = data.index(size.to_bytes(4, "little"), data.index(b"PK\x01\x02"))
        data[place : place + 4] = (2**30 + 1).to_bytes(4, "little")
        with pytest.raises(UnreadableError, match="too large when unpacked"):
            _parts("x.zip", bytes(data))

    def test_a_tar_archive_is_not_unpacked_further_than_its_first_gigabyte(self) -> None:
        member = tarfile.TarInfo("a.txt")
        member.size = 2**30 + 1
        with pytest.raises(UnreadableError, match="too large when unpacked"):
            _parts("x.tgz", gzip.compress(member.tobuf()))

    def test_archives_are_entered_three_deep(self) -> None:
        data = zipped({"a.txt": _TEXT})
        for _ in range(3):
            data = zipped({"a.zip": data})
        assert _left_out("x.zip", data) == {"x.zip/a.zip/a.zip/a.zip/a.txt": "a file within more than 3 others"}

    def test_files_within_all_archives_are_counted(self) -> None:
        data = zipped({"a.txt": b""})
        for _ in range(3):
            data = zipped({f"{n}.zip": data for n in range(25)})
        parts = _parts("x.zip", data)
        assert len(parts) < 25**3
        last = parts[-1]
        assert isinstance(last, Skipped)
        most = 10_000 + len(data) // 20
        assert (last.uri, last.key) == ("x.zip, the rest", b"key")
        assert last.reason == f"more than {most:,} files in it, too many for one of its size"

    def test_a_file_that_is_too_large_is_left_out(self) -> None:
        data = bytearray(zipped({"a.txt": _TEXT, "b.txt": _TEXT}))
        size = len(_TEXT).to_bytes(4, "little")
        place = data.index(size, data.index(b"PK\x01\x02") + 24)
        data[place : place + 4] = (300 * 2**20).to_bytes(4, "little")
        assert _left_out("x.zip", bytes(data)) == {"x.zip/a.txt": "larger than 256 MiB"}
