"""What repeats across the pages of a folder, in an index: when pages are read again for it, and when not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from askdex.corpus.errors import FailedReadingError
from askdex.corpus.readers import registry
from askdex.corpus.readers.html.repeats import Region
from askdex.corpus.sources.folder import folder_sources, open_unchanged
from askdex.indexer.ingest.repeats import note_repeats
from askdex.indexer.ingest.scan import Scan, scan
from askdex.indexer.ingest.update import update
from tests.corpus.readers.html.pages import html_page
from tests.corpus.readers.html.site import CALL, FOOTER, HEADER, SUBJECTS, content, page, site
from tests.indexer.collection import contents
from tests.stubs import Counts, FailingEncoder, StubEncoder, write_files

Run = Callable[..., Counts]
REPEATED = ("since 1204", "comes each month", "Monday to Friday")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with pages of a site."""
    folder = tmp_path / "pages"
    write_files(folder, site(12))
    return folder


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The pages that were looked at for what repeats."""
    seen: list[bytes] = []

    def regions_of(data: bytes) -> list[Region]:
        seen.append(data)
        return registry.regions_of(data)

    monkeypatch.setattr("tests.stubs.PageReaderHere.regions", staticmethod(regions_of))
    return seen


def with_repeated(index: Path) -> set[str]:
    """The pages of an index that have something of what repeats in the site."""
    return {uri for uri, text in contents(index).items() if any(words in text for words in REPEATED)}


def noted(folder: Path, regions_of: Callable[[bytes], list[Region]] = registry.regions_of) -> Scan:
    result = scan({}, folder_sources([folder], [], registry.is_read, folder / "index"))
    note_repeats(result, [], regions_of)
    return result


def test_what_repeats_is_left_out(pages: Path, index: Path, run: Run, looked_at: list[bytes]) -> None:
    run(pages)
    assert contents(index).keys() == site(12).keys()
    assert with_repeated(index) == set()
    assert all("You can appeal within 30 days, by letter." in text for text in contents(index).values())
    assert len(looked_at) == 10
    report = run(pages)
    assert (report.read, report.unchanged) == (0, 12)
    assert len(looked_at) == 10


def test_a_new_page_and_a_changed_one_are_all_that_is_read(pages: Path, index: Path, run: Run) -> None:
    run(pages)
    for number, subject in enumerate(SUBJECTS[12:22], 13):
        write_files(pages, {f"{subject}.html": page(content(subject))})
        report = run(pages)
        assert (report.read, report.unchanged) == (1, number - 1)
    for name in site(22):
        write_files(pages, {name: page(content(f"new {name}"))})
        report = run(pages)
        assert (report.read, report.unchanged) == (1, 21)
    assert with_repeated(index) == set()


def test_all_pages_are_read_again_when_what_repeats_changes(pages: Path, index: Path, run: Run, looked_at: list[bytes]) -> None:
    run(pages)
    rest = {f"{subject}.html": page(content(subject), footer="") for subject in SUBJECTS[:12]}
    names = [name for name in rest if (pages / name).read_bytes() in looked_at][:3]
    write_files(pages, {name: rest[name] for name in names})
    report = run(pages)
    assert report.read == 12
    # The footer might be the own text of the others now: where that is, is not known any more.
    assert with_repeated(index) == site(12).keys()


def test_another_footer_on_all_pages_is_left_out_as_well(pages: Path, index: Path, run: Run) -> None:
    run(pages)
    before = contents(index)
    write_files(pages, site(12, footer="<div class=x9><p>We are here for you from Tuesday on.</p></div>"))
    report = run(pages)
    assert (report.read, report.embedded) == (12, 0)
    assert contents(index) == before


def test_few_pages_stay_as_they_are(tmp_path: Path, index: Path, run: Run, looked_at: list[bytes]) -> None:
    write_files(tmp_path / "few", site(9))
    run(tmp_path / "few")
    assert with_repeated(index) == site(9).keys()
    assert not looked_at
    write_files(tmp_path / "few", site(10))
    assert run(tmp_path / "few").read == 10
    assert with_repeated(index) == set()
    (tmp_path / "few" / "dog.html").unlink()
    assert run(tmp_path / "few").read == 9
    assert with_repeated(index) == site(10).keys() - {"dog.html"}


def test_a_page_whose_whole_text_repeats_stays(pages: Path, index: Path, run: Run) -> None:
    write_files(pages, {"bare.html": html_page(f"{HEADER}{CALL}{FOOTER}")})
    run(pages)
    assert with_repeated(index) == {"bare.html"}


def test_each_folder_with_many_pages_is_looked_at_by_itself(tmp_path: Path, index: Path, run: Run) -> None:
    other = '<div class="y9"><p>All of this is from the county.</p></div>'
    write_files(tmp_path / "all" / "town", site(30))
    write_files(tmp_path / "all" / "county", site(30, footer=other))
    write_files(tmp_path / "all", {"notes/a.md": "# Notes\n\nWe are here for you from Monday to Friday."})
    run(tmp_path / "all")
    assert with_repeated(index) == {"notes/a.md"}
    assert not any("county" in text for text in contents(index).values())


def test_the_same_is_left_out_in_whatever_order_pages_are_found(pages: Path) -> None:
    result, turned = noted(pages), scan({}, folder_sources([pages], [], registry.is_read, pages / "index"))
    turned.pages = dict(reversed(turned.pages.items()))
    note_repeats(turned, [], registry.regions_of)
    assert {key: entry.item for key, entry in turned.pending.items()} == {key: e.item for key, e in result.pending.items()}
    assert all(entry.item.repeated for entry in result.pending.values())


def test_a_stopped_run_goes_on(pages: Path, index: Path, run: Run, stub: StubEncoder) -> None:
    write_files(pages, {"long.md": "".join(f"# Part {n}\n\nThis is part {n}.\n\n" for n in range(1_200))})
    stopped = FailingEncoder(1)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [pages], load_encoder=lambda _: stopped)
    report = run(pages)
    assert report.read == 13
    assert with_repeated(index) == set()
    assert not set(stub.encoded) & set(stopped.encoded)


def test_a_page_or_folder_that_is_named_alone_is_as_it_was(pages: Path, index: Path, run: Run) -> None:
    write_files(pages, {f"sub/{name}": text for name, text in site(12).items()})
    write_files(pages, {"sub/more.html": page(content("more"))})
    run(pages)
    for place in ("sub", "sub/more.html", "dog.html"):
        assert run(pages / place).read == 0
    write_files(pages, {"sub/more.html": page(content("much more"))})
    assert run(pages / "sub").read == 1
    assert with_repeated(index) == {"sub/more.html"}
    assert run(pages).read == 1
    assert with_repeated(index) == set()


def test_a_page_that_hurts_its_reader_is_no_measure_and_costs_no_other(pages: Path) -> None:
    def hurt(data: bytes) -> list[Region]:
        if b"About the dog" in data:
            raise FailedReadingError("reading it ended the reader")
        return registry.regions_of(data)

    assert noted(pages, hurt).pending.keys() == noted(pages).pending.keys()
    assert all(entry.item.repeated for entry in noted(pages, hurt).pending.values())


def test_a_page_that_cannot_be_read_has_no_other_looked_at_again(pages: Path, run: Run, looked_at: list[bytes]) -> None:
    write_files(pages, {"empty.html": "<html><body><script>1</script></body></html>"})
    assert [skipped.uri for skipped in run(pages).skipped] == ["empty.html"]
    number = len(looked_at)
    report = run(pages)
    assert (report.read, report.unchanged, [skipped.uri for skipped in report.skipped]) == (0, 12, ["empty.html"])
    assert len(looked_at) == number


def test_pages_that_say_what_is_theirs_are_hardly_looked_at(pages: Path, run: Run, looked_at: list[bytes]) -> None:
    write_files(pages, {name: text.replace("<div class=x2>", "<main>") for name, text in site(12).items()})
    run(pages)
    assert len(looked_at) == 3


def test_the_file_of_a_page_is_given_as_it_was_read(pages: Path) -> None:
    (entry, *_) = noted(pages).pending.values()
    assert len(entry.item.version) > len(entry.item.own_version)
    assert entry.source.read(entry.item).startswith(b"<!DOCTYPE")
    with open_unchanged(entry.item.key, entry.item.version) as file:
        assert file.read() == entry.source.read(entry.item)
