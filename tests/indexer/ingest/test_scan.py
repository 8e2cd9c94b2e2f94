"""Which files an update takes in of what is named, which it leaves out and why, and what a plan says of them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from askdex.corpus.readers.registry import FORMATS, is_read
from askdex.corpus.sources.folder import FolderSource
from askdex.indexer.errors import DocumentsError
from askdex.indexer.ingest.scan import KnownFile, scan
from askdex.indexer.ingest.update import plan, update
from tests.corpus.readers.packages import docx, paragraph
from tests.corpus.readers.pdfs import at, pdf
from tests.indexer.collection import PAGES, contents, generation
from tests.stubs import Counts, StubEncoder, counts_of, unneeded, write_files

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

Refuse = Callable[[Path], None]


def test_several_folders_are_independent(tmp_path: Path, docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    other = tmp_path / "other"
    write_files(other, {"law.md": "# Law\n\nArticle one."})
    run(docs, other)
    write_files(other, {"more.md": "# More\n\nArticle two."})
    (docs / "cards.md").unlink()
    report = run(other)
    assert (report.read, report.unchanged, report.removed) == (1, 1, 0)
    assert contents(index).keys() == PAGES.keys() | {"law.md", "more.md"}


@pytest.mark.usefixtures("indexed")
def test_a_folder_inside_an_indexed_one_is_a_part_of_it(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    write_files(docs, {"sub/new.md": "# New\n\nSomething new.", "not-named.md": "# Other\n\nNot named."})
    report = run(docs / "sub")
    assert (report.read, report.unchanged, report.removed) == (1, 1, 0)
    assert contents(index).keys() == PAGES.keys() | {"sub/new.md"}
    assert run(docs).unchanged == 4


@pytest.mark.usefixtures("indexed")
def test_a_file_inside_an_indexed_folder_is_a_part_of_it(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    write_files(docs, {"sub/new.md": "# New\n\nSomething new."})
    run(docs / "sub" / "new.md")
    assert contents(index).keys() == PAGES.keys() | {"sub/new.md"}


def test_the_folder_above_an_indexed_one_takes_it_in(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    run(docs / "sub")
    assert contents(index).keys() == {"widow.md"}
    report = run(docs)
    assert report.embedded == 3
    assert contents(index).keys() == PAGES.keys()


def test_a_single_file_goes_by_its_name(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    run(docs / "sub" / "widow.md")
    assert contents(index).keys() == {"widow.md"}


def test_what_is_named_twice_is_taken_once(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    named = [docs, docs / "cards.md", docs, docs / "sub"]
    assert run(*named).read == 3
    assert contents(index).keys() == PAGES.keys()
    assert run(*named).unchanged == 3


def test_a_folder_named_before_the_one_around_it_is_a_part_of_it(
    docs: Path, index: Path, run: Callable[..., Counts], stub: StubEncoder
) -> None:
    assert run(docs / "sub", docs).read == 3
    assert contents(index).keys() == PAGES.keys()
    report = counts_of(update(index, [docs / "sub", docs], load_encoder=lambda _: stub))
    assert (report.read, report.unchanged, report.generation) == (0, 3, 1)


def test_the_index_itself_is_no_document(docs: Path, stub: StubEncoder) -> None:
    index = docs / "index"
    update(index, [docs], load_encoder=lambda _: stub)
    report = counts_of(update(index, [docs], load_encoder=unneeded))
    assert (report.unchanged, report.skipped) == (3, ())


def test_a_kind_of_file_that_was_not_read_before_is_read_with_the_next_run(
    docs: Path, index: Path, run: Callable[..., Counts], monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "loss.pdf").write_bytes(pdf(at(50, 700, "Report it at once.")))
    (docs / "costs.docx").write_bytes(docx(paragraph("It costs nothing.")))
    with monkeypatch.context() as older:
        older.setattr("askdex.corpus.readers.registry.FORMATS", [each for each in FORMATS if each.name not in ("pdf", "word")])
        assert [item.uri for item in run(docs).skipped] == ["costs.docx", "loss.pdf"]
    assert run(docs).skipped == ()
    assert contents(index).keys() == {*PAGES, "costs.docx", "loss.pdf"}
    assert contents(index)["loss.pdf"] == "Report it at once."


def test_what_is_left_out_is_reported_with_the_reason(docs: Path, run: Callable[..., Counts]) -> None:
    write_files(docs, {"tool.exe": "MZ", "empty.md": " \n"})
    reasons = {item.uri: item.reason for item in run(docs).skipped}
    assert reasons.keys() == {"tool.exe", "empty.md"}
    assert all(reasons.values())


@pytest.mark.skipif(os.name != "posix", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_is_known_again(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.md")).write_text("# Coffee\n\nA cup.", encoding="utf-8")
    run(docs)
    assert contents(index).keys() == PAGES.keys() | {"caf\\xe9.md"}
    assert counts_of(update(index, [docs], load_encoder=unneeded)).unchanged == 4


@pytest.mark.usefixtures("indexed")
def test_documents_that_make_room_for_others(tmp_path: Path, docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    write_files(tmp_path / "other", {"law.md": "# Law\n\nArticle one."})
    report = run(tmp_path / "other", instead_of=docs)
    assert (report.read, report.removed, report.passages) == (1, 3, 1)
    assert contents(index).keys() == {"law.md"}


@pytest.mark.usefixtures("indexed")
def test_nothing_makes_room_for_what_cannot_be_read(
    tmp_path: Path, docs: Path, index: Path, run: Callable[..., Counts]
) -> None:
    write_files(tmp_path / "other", {"tool.exe": "MZ"})
    with pytest.raises(DocumentsError):
        run(tmp_path / "other", instead_of=docs)
    assert contents(index).keys() == PAGES.keys()


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("name", ["sub", "sub/widow.md"])
def test_what_is_named_does_not_make_room_for_itself(docs: Path, index: Path, run: Callable[..., Counts], name: str) -> None:
    run(docs / name, instead_of=docs)
    assert "sub/widow.md" in contents(index)


# Documents that cannot be read


@pytest.mark.parametrize("named", ["", "sub", "nowhere", "cards.md"])
def test_where_nothing_is_left_to_read_nothing_is_lost(docs: Path, index: Path, indexed: dict[str, str], named: str) -> None:
    shutil.rmtree(docs)
    (docs / "sub").mkdir(parents=True)
    (docs / "cards.md").write_bytes(b"\0\1\2" * 99)
    with pytest.raises(DocumentsError) as caught:
        update(index, [docs / named], load_encoder=unneeded)
    assert "\n" not in str(caught.value)
    assert contents(index) == indexed
    assert generation(index) == 1


def test_one_wrong_name_among_right_ones_changes_nothing(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(DocumentsError):
        update(index, [docs, docs / "nowhere"], load_encoder=unneeded)
    assert contents(index) == indexed


def link_to_itself(path: Path) -> None:
    """A file that the system opens for nobody, be it for root."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    path.symlink_to(path)


def take_rights(path: Path) -> None:
    path.chmod(0)


@pytest.mark.parametrize(
    "refuse",
    [
        pytest.param(link_to_itself, id="link"),
        pytest.param(take_rights, id="rights", marks=pytest.mark.skipif(AS_ROOT, reason="root may read everything")),
    ],
)
@pytest.mark.parametrize("name", ["sub", "sub/widow.md"])
def test_what_the_system_refuses_keeps_its_documents(
    docs: Path, index: Path, indexed: dict[str, str], refuse: Refuse, name: str
) -> None:
    refuse(docs / name)
    report = counts_of(update(index, [docs], load_encoder=unneeded))
    if not (docs / name).is_symlink():
        (docs / name).chmod(0o700)
    assert (report.unchanged, report.removed, [item.uri for item in report.skipped]) == (2, 0, [name])
    assert contents(index) == indexed


@pytest.mark.parametrize("data", [b"", b"\0\1\2" * 99], ids=["empty", "binary"])
def test_a_file_that_holds_no_text_any_more_is_taken_out(docs: Path, index: Path, indexed: dict[str, str], data: bytes) -> None:
    (docs / "cards.md").write_bytes(data)
    report = counts_of(update(index, [docs], load_encoder=unneeded))
    assert (report.unchanged, report.removed, [item.uri for item in report.skipped]) == (2, 1, ["cards.md"])
    assert contents(index).keys() == indexed.keys() - {"cards.md"}


def test_a_file_that_askdex_fails_at_keeps_its_documents_and_the_others_are_read(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Counts], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(docs, {"cards.md": "# Cards\n\nA changed card.", "new.md": "# New\n\nA new page."})
    known = {b"# New\n\nA new page.": "# New\n\nA new page."}
    monkeypatch.setattr("askdex.corpus.readers.registry.decode", known.__getitem__)
    report = run(docs)
    assert [(item.uri, item.reason) for item in report.skipped] == [("cards.md", "Askdex failed to read it (KeyError)")]
    assert contents(index).keys() == indexed.keys() | {"new.md"}


ROWS = '{"question": "How far is it?", "answer": "300 metres."}\n'


@pytest.mark.parametrize("is_known", [False, True])
def test_a_plan_is_what_an_update_does(docs: Path, index: Path, run: Callable[..., Counts], is_known: bool) -> None:  # noqa: FBT001
    if is_known:
        write_files(docs, {"late.jsonl": ROWS, "none.csv": "question,answer\nWho?,You.\n", "gone.md": "# Gone\n\nIt will be."})
        run(docs)
        (docs / "gone.md").rename(docs / "moved.md")
    write_files(docs, {"late.jsonl": f"{ROWS}not json\n{ROWS}{{}}\n", "none.csv": "question,answer\nWho?,\n"})
    write_files(docs, {"pension.md": "# Pension\n\nAnother.", "empty.md": " "})
    planned = plan(index, [docs])
    left_out = ["empty.md", "late.jsonl, line 2", "late.jsonl, line 4", "none.csv, line 2", "none.csv"]
    assert [item.uri for item in planned.skipped] == left_out
    assert index.exists() is is_known
    done = update(index, [docs], load_encoder=lambda _: StubEncoder()).changes
    assert replace(done, skipped=()) == replace(planned, skipped=())
    assert set(done.skipped) == set(planned.skipped)


# What would not end if each thing that is left out were compared with all others


def test_however_many_rows_are_left_out(docs: Path, index: Path) -> None:
    write_files(docs, {"rows.jsonl": "{}\n" * 50_000})
    assert len(plan(index, [docs]).skipped) == 50_001


def test_however_many_files_are_refused_and_gone(tmp_path: Path) -> None:
    write_files(tmp_path, {"here.md": "# Here\n\nA page."})
    for n in range(4_000):
        (tmp_path / f"{n}.md").symlink_to("nowhere")
    known = {bytes(tmp_path / "gone" / f"{n}.md"): KnownFile(bytes(tmp_path), b"") for n in range(20_000)}
    result = scan(known, [FolderSource(tmp_path, tmp_path, is_read)])
    assert (len(result.skipped), result.removed) == (4_000, set(known))
