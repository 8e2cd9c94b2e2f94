from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus import starter
from askdex.corpus.builder import DocumentBuilder, Part
from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.readers import registry
from askdex.corpus.readers.registry import FORMATS, Format, described, format_of, is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.types import Document, Kind, Skipped
from tests.corpus.readers.packages import docx, paragraph, table
from tests.corpus.readers.pdfs import BOLD, at, column, pdf
from tests.corpus.readers.presentations import line, pptx, shape, slide
from tests.corpus.readers.presentations import table as slide_table
from tests.corpus.readers.workbooks import xlsx

_ONE_DOCUMENT = [
    "",
    ".txt",
    ".text",
    ".log",
    ".md",
    ".markdown",
    ".mdx",
    ".rst",
    ".rest",
    ".adoc",
    ".asciidoc",
    ".tex",
    ".latex",
    ".html",
    ".htm",
    ".xhtml",
]
_MANY_DOCUMENTS = [".csv", ".tsv", ".json", ".jsonl", ".ndjson"]
_XML = [".xml", ".dita", ".dbk", ".docbook", ".fb2"]
_TEXTS = [*_ONE_DOCUMENT, *_MANY_DOCUMENTS, *_XML, ".ipynb"]
_WORD = [".docx", ".docm", ".dotx", ".dotm", ".doc", ".dot"]
_EXCEL = [".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt"]
_POWERPOINT = [".pptx", ".ppsx", ".pptm", ".ppsm", ".potx", ".potm", ".ppt", ".pps", ".pot"]
_OPEN_DOCUMENT = [".odt", ".ott", ".ods", ".ots", ".odp", ".otp"]
_ARCHIVES = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"]
_IMAGES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"]
_SUFFIXES = [
    *_TEXTS,
    *_WORD,
    *_EXCEL,
    *_POWERPOINT,
    *_OPEN_DOCUMENT,
    *_ARCHIVES,
    *_IMAGES,
    ".mht",
    ".mhtml",
    ".eml",
    ".msg",
    ".mbox",
    ".rtf",
    ".epub",
    ".pdf",
]
_OFFICE = "Word, DOC, Excel, XLS, PowerPoint, PPT, ODT, ODS, ODP, EPUB, Jupyter, RTF, XML"
_RECORDS_AND_MAILS = "CSV, JSON, JSON Lines, EML, MSG, MBOX, pictures"
_LABELS = f"text, Markdown, MDX, reStructuredText, AsciiDoc, LaTeX, HTML, MHTML, PDF, {_OFFICE}, {_RECORDS_AND_MAILS}"
_ANY_BYTES = st.binary(max_size=300) | st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode)
_ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\r"), max_size=200)
_ENGLISH = "Report a lost card at once, by telephone or at the counter of the agency."

_DOCX = docx(paragraph("Lost card", "H1"), paragraph(_ENGLISH), table(["Card", "Costs"], ["First", "Nothing"]))
_PDF = pdf(
    at(50, 750, "Lost card", BOLD, 20) + column(50, 700, *[_ENGLISH] * 3), at(50, 700, _ENGLISH) + at(450, 700, "5 yuan")
)
_XLSX = xlsx({"Cards": [["Card", "Costs"], ["First", "Nothing"], ["Second", 10]], "Notes": [["Note"], [_ENGLISH]]})
_PPTX = pptx(
    slide(shape(line("Lost card"), place="title"), shape(line(_ENGLISH)), slide_table(["Card", "Costs"], ["First", "5"]))
)
_FILES = [(".docx", _DOCX), (".pdf", _PDF), (".xlsx", _XLSX), (".pptx", _PPTX)]


def _item(uri: str) -> Item:
    return Item(uri.encode(), uri, b"", 0)


def _document(uri: str, text: str) -> Document:
    (document,) = parse(_item(uri), text.encode())
    assert isinstance(document, Document)
    return document


class TestOneDocument:
    @pytest.mark.parametrize(
        ("uri", "text", "kind"),
        [
            ("card.txt", f"Lost card\n\n{_ENGLISH}", "text"),
            ("README", f"Lost card\n\n{_ENGLISH}", "text"),
            ("card.md", f"# Lost card\n\n{_ENGLISH}", "markdown"),
            ("card.html", f"<h1>Lost card</h1><p>{_ENGLISH}", "html"),
            ("CARD.HTM", f"<h1>Lost card</h1><p>{_ENGLISH}", "html"),
        ],
    )
    def test_each_format_has_its_reader(self, uri: str, text: str, kind: str) -> None:
        document = _document(uri, text)
        assert (document.uri, document.title, document.language) == (uri, "Lost card", "en")
        assert document.text == f"Lost card\n\n{_ENGLISH}"
        assert document.metadata == {"format": kind}

    @pytest.mark.parametrize("uri", ["card.txt", "card.md", "card.html"])
    def test_addresses_in_the_text_are_links(self, uri: str) -> None:
        document = _document(uri, "Report it at https://cards.example/lost at once.")
        assert [document.text[link.start : link.end] for link in document.links] == ["https://cards.example/lost"]

    @pytest.mark.parametrize(("uri", "folder"), [("cards/lost.txt", "cards"), ("a/b/lost.txt", "a/b"), ("lost.txt", None)])
    def test_the_folder_is_metadata(self, uri: str, folder: str | None) -> None:
        assert _document(uri, _ENGLISH).metadata.get("folder") == folder

    def test_what_the_document_says_goes_before_what_its_place_says(self) -> None:
        document = _document("cards/lost.md", f"---\nfolder: archive\nlang: fr\n---\n{_ENGLISH}")
        assert (document.metadata["folder"], document.language) == ("archive", "fr")

    @pytest.mark.parametrize(
        ("uri", "title"),
        [
            ("cards/lost-social_security-card.txt", "Lost social security card"),
            ("2024-05-14 school trip - CHANGE.txt", "2024-05-14 school trip CHANGE"),
            ("ID card.v2.txt", "ID card.v2"),
            ("---.txt", "---"),
            ("卡.txt", "卡"),
        ],
    )
    def test_a_document_without_a_title_has_its_files_name(self, uri: str, title: str) -> None:
        assert _document(uri, _ENGLISH).title == title

    def test_a_path_may_hold_a_number_sign(self) -> None:
        document = _document("form #5/lost-card.txt", _ENGLISH)
        assert (document.title, document.metadata["folder"]) == ("Lost card", "form #5")

    def test_a_language_that_cannot_be_told_is_undetermined(self) -> None:
        assert _document("card.txt", "Lost card").language == "und"

    @pytest.mark.parametrize("data", [b"\xef\xbb\xbf", "\n".encode("utf-16")])
    @pytest.mark.parametrize("suffix", _TEXTS)
    def test_a_text_of_nothing_but_a_mark_is_refused(self, suffix: str, data: bytes) -> None:
        with pytest.raises(UnreadableError, match="empty"):
            list(parse(_item(f"card{suffix}"), data))

    @pytest.mark.parametrize("data", [b"", b" \n\t\r\n"])
    @pytest.mark.parametrize("suffix", [suffix for suffix in _SUFFIXES if suffix not in _IMAGES])
    def test_an_empty_file_is_refused(self, suffix: str, data: bytes) -> None:
        with pytest.raises(UnreadableError, match="empty"):
            list(parse(_item(f"card{suffix}"), data))

    @pytest.mark.parametrize(
        ("uri", "text"),
        [("a.html", "<script>track()</script>"), ("a.md", "---\ntitle: Lost card\n---\n"), ("a.md", "<!-- note -->")],
    )
    def test_a_file_without_text_in_it_is_refused(self, uri: str, text: str) -> None:
        with pytest.raises(UnreadableError, match="no text in it"):
            list(parse(_item(uri), text.encode()))

    @pytest.mark.parametrize("suffix", _TEXTS)
    def test_a_binary_file_is_refused_whatever_its_name(self, suffix: str) -> None:
        with pytest.raises(UnreadableError, match="binary"):
            list(parse(_item(f"card{suffix}"), b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"))

    @pytest.mark.parametrize(
        ("uri", "data", "kind"),
        [
            ("cards/lost.docx", docx(paragraph("Lost card", "H1"), paragraph(_ENGLISH)), "word"),
            ("cards/LOST.PDF", pdf(at(50, 750, "Lost card", BOLD, 20) + at(50, 700, _ENGLISH)), "pdf"),
        ],
    )
    def test_a_file_that_is_no_text_has_its_reader_too(self, uri: str, data: bytes, kind: str) -> None:
        (document,) = parse(_item(uri), data)
        assert isinstance(document, Document)
        assert (document.uri, document.title, document.language) == (uri, "Lost card", "en")
        assert document.text == f"Lost card\n\n{_ENGLISH}"
        assert document.metadata == {"format": kind, "folder": "cards"}

    @pytest.mark.parametrize(
        ("uri", "data", "reason"),
        [
            ("card.docx", docx(), "no text in it"),
            ("card.docx", b"PK", "not a Word file"),
            ("card.pdf", b"PK", "not a PDF file"),
            ("card.xlsx", b"PK", "not an Excel file"),
            ("card.pptx", b"PK", "not a PowerPoint file"),
        ],
    )
    def test_a_file_that_is_no_text_is_refused_with_the_reason(self, uri: str, data: bytes, reason: str) -> None:
        with pytest.raises(UnreadableError, match=f"^{reason}$"):
            list(parse(_item(uri), data))

    def test_broken_front_matter_is_reported_and_the_rest_is_read(self) -> None:
        skipped, document = parse(_item("cards/lost.md"), f"---\ntitle: [broken\n---\n{_ENGLISH}".encode())
        assert skipped == Skipped("cards/lost.md, front matter", "not valid YAML: title")
        assert isinstance(document, Document)
        assert (document.title, document.text) == ("Lost", _ENGLISH)


class TestManyDocuments:
    @pytest.mark.parametrize(
        ("uri", "text", "kind"),
        [
            ("faq/cards.csv", "question,answer\nWho pays?,You.\nBad row\nWhy?,So.", "csv"),
            ("faq/cards.tsv", "question\tanswer\nWho pays?\tYou.\nBad row\nWhy?\tSo.", "csv"),
            ("faq/cards.jsonl", '{"question":"Who pays?","answer":"You."}\n\n{}\n{"question":"Why?","answer":"So."}', "jsonl"),
            ("faq/cards.ndjson", '{"question":"Who pays?","answer":"You."}\n\n{}\n{"question":"Why?","answer":"So."}', "jsonl"),
        ],
    )
    def test_each_row_is_a_document_and_each_bad_row_is_reported(self, uri: str, text: str, kind: str) -> None:
        first, skipped, second = parse(_item(uri), b"\xef\xbb\xbf" + text.encode())
        assert isinstance(first, Document)
        assert isinstance(second, Document)
        assert (first.uri, second.uri) == (f"{uri}#who-pays", f"{uri}#why")
        assert (first.title, first.text) == ("Who pays?", "Who pays?\n\nYou.")
        assert first.metadata == {"format": kind, "folder": "faq"}
        assert skipped == Skipped(f"{uri}, line 3", "no question or no answer")

    def test_another_table_is_one_document(self) -> None:
        document = _document("prices.csv", "article,price\ncard,5\n")
        assert (document.uri, document.title, document.text) == ("prices.csv", "Prices", "article | price\ncard | 5")


def _read_parcel(data: bytes) -> Iterator[Part]:
    """Documents that a zero byte parts; what holds a question mark is left out."""
    for number, text in enumerate(data.split(b"\0"), 1):
        builder = DocumentBuilder()
        builder.append(Kind.PARAGRAPH, text.decode())
        yield Skipped(f"part {number}", "a question") if b"?" in text else (f"part-{number}", builder)


class TestFormats:
    def test_a_binary_format_may_hold_many_documents(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        parcel = Format("parcel", "Parcel", (".parcel",), ("application/x-parcel",), _read_parcel)
        monkeypatch.setattr(registry, "FORMATS", (*FORMATS, parcel))
        path = tmp_path / "Cards.PARCEL"
        path.write_bytes(f"{_ENGLISH}\0Is it lost?\0\0It costs nothing.".encode())
        source = FolderSource(path, tmp_path, is_read)
        (item,) = source.items()
        assert isinstance(item, Item)
        first, question, blank, last = parse(item, source.read(item))
        assert isinstance(first, Document)
        assert isinstance(last, Document)
        assert (first.uri, first.title, first.text) == ("Cards.PARCEL#part-1", "Part 1", _ENGLISH)
        assert (last.uri, last.text, last.metadata["format"]) == ("Cards.PARCEL#part-4", "It costs nothing.", "parcel")
        assert last.metadata["updated_from"] == "file"
        assert question == Skipped("Cards.PARCEL, part 2", "a question")
        assert blank == Skipped("Cards.PARCEL, part-3", "no text in it")
        assert described() == f"{_LABELS}, ZIP, TAR or Parcel"

    def test_the_formats_in_words(self) -> None:
        assert described() == f"{_LABELS}, ZIP or TAR"

    def test_each_name_suffix_and_media_type_is_that_of_one_format(self) -> None:
        assert {suffix for each in FORMATS for suffix in each.suffixes} == set(_SUFFIXES)
        values = [value for each in FORMATS for value in (each.name, *each.suffixes, *each.media_types)]
        assert len(values) == len(set(map(str.lower, values)))

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a.PDF", "pdf"),
            ("README", "text"),
            ("a.tar.md", "markdown"),
            ("a.b.TAR.GZ", "tar"),
            ("a.gz", None),
            ("a.exe", None),
        ],
    )
    def test_the_suffix_of_a_file_tells_its_format(self, name: str, expected: str | None) -> None:
        file_format = format_of(Path(name))
        assert (file_format.name if file_format else None) == expected


def test_the_starter_collection_is_read_without_a_complaint() -> None:
    source = FolderSource(starter.FOLDER, starter.FOLDER, is_read)
    items = [item for item in source.items() if isinstance(item, Item)]
    documents = [document for item in items for document in parse(item, source.read(item))]
    assert len(documents) >= len(items) > 0
    assert all(isinstance(item, Document) and item.title and item.language == "en" for item in documents)
    assert len({item.uri for item in documents}) == len(documents)


def test_what_is_nested_too_deeply_for_a_library_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(data: bytes) -> str:
        return decode(data)

    monkeypatch.setattr("askdex.corpus.readers.registry.decode", decode)
    with pytest.raises(UnreadableError, match=r"^nested too deeply$"):
        list(parse(_item("card.txt"), _ENGLISH.encode()))


def test_an_error_that_nobody_thought_of_is_the_reason_why_a_file_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.corpus.readers.registry.decode", {}.__getitem__)
    with pytest.raises(RefusedError, match=r"Askdex failed to read it \(KeyError\)"):
        list(parse(_item("card.txt"), _ENGLISH.encode()))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_SUFFIXES), _ANY_BYTES)
def test_whatever_the_bytes_a_file_is_read_or_refused(suffix: str, data: bytes) -> None:
    try:
        items = list(parse(_item(f"card{suffix}"), data))
    except RefusedError:
        raise
    except UnreadableError:
        return
    assert all(item.uri.startswith("card") for item in items)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_FILES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
    st.floats(0.1, 1),
)
def test_however_damaged_a_file_is_read_or_refused(
    whole: tuple[str, bytes], flips: list[tuple[float, int]], share: float
) -> None:
    suffix, data = whole
    damaged = bytearray(data[: int(len(data) * (share if share > 0.5 else 1))])
    for place, value in flips:
        damaged[int(place * len(damaged))] = value
    try:
        items = list(parse(_item(f"card{suffix}"), bytes(damaged)))
    except RefusedError:
        raise
    except UnreadableError:
        return
    assert all(isinstance(item, Document) and item.text for item in items)


@pytest.mark.parametrize(("suffix", "data"), _FILES)
def test_the_blocks_of_a_file_that_is_no_text_leave_out_only_blanks(suffix: str, data: bytes) -> None:
    (document,) = parse(_item(f"card{suffix}"), data)
    assert isinstance(document, Document)
    block_texts = "".join(document.text[block.start : block.end] for block in document.blocks)
    assert "".join(block_texts.split()) == "".join(document.text.split())
    assert [block.start for block in document.blocks] == sorted(block.start for block in document.blocks)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_ONE_DOCUMENT), _ANY_TEXT)
def test_blocks_are_in_order_and_leave_out_only_blanks(suffix: str, text: str) -> None:
    document = _document(f"card{suffix}", f"Card {text}")
    position = 0
    for block in document.blocks:
        assert position <= block.start < block.end <= len(document.text)
        assert document.text[position : block.start].strip() == ""
        position = block.end
    assert document.text[position:].strip() == ""
