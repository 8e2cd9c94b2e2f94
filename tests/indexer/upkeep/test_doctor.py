"""Examining and mending an index."""

import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import numpy as np
import pytest

from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.errors import DamagedIndexError, MissingIndexError, ModelError
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import database, sqlite
from askdex.indexer.store.folder import FILE, LOG
from askdex.indexer.types import Query, Result, Vectors
from askdex.indexer.upkeep.doctor import CHECKS, examine
from askdex.indexer.upkeep.repair import Repair, repair
from tests.indexer.collection import contents
from tests.site_server import html, serving
from tests.stubs import StubEncoder, unjudged

Change = Callable[[apsw.Connection], object]
ASIDE = "aside-*"


def wrong(folder: Path, load: Callable[[str], Encoder] = lambda _: StubEncoder()) -> dict[str, str]:
    """What an examination finds wrong, by the name of the check."""
    return {finding.check: finding.detail for finding in examine(folder, load) if not finding.is_sound}


def mended(folder: Path, encoder: StubEncoder | None = None) -> Repair:
    result = repair(folder, lambda _: encoder or StubEncoder())
    assert wrong(folder) == {}
    return result


def answers(folder: Path) -> list[list[Result]]:
    with closing(open_searcher(folder, lambda _: StubEncoder())) as searcher:
        questions = ("number 7", "lost card", "version 1")
        return [unjudged(searcher.search(Query(question, limit=50)).results) for question in questions]


@contextmanager
def changing(folder: Path) -> Iterator[apsw.Connection]:
    """A connection that may do anything."""
    with closing(sqlite.connect(folder / FILE, "mode=rw")) as connection:
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
        yield connection


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def places_of(path: Path, words: bytes) -> list[int]:
    data = path.read_bytes()
    found = [data.find(words)]
    while found[-1] >= 0:
        found.append(data.find(words, found[-1] + 1))
    return found[:-1]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index at its second generation, that tests copy."""
    place = tmp_path_factory.mktemp("kept")
    (place / "docs").mkdir()
    for n in range(60):
        text = f"# Document {n}\n\n" + "".join(
            f"## Part {m}\n\nThis is part {m} of number {n}, lost card.\n\n" for m in range(4)
        )
        (place / "docs" / f"{n:02}.md").write_text(text, encoding="utf-8")
    update(place / "index", [place / "docs"], load_encoder=lambda _: StubEncoder())
    (place / "docs" / "05.md").write_text("# Document 5\n\nThis is version 2.", encoding="utf-8")
    update(place / "index", [place / "docs"], load_encoder=lambda _: StubEncoder())
    return place


@pytest.fixture
def index(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept / "index", tmp_path / "index"))


# Examining


def test_every_check_of_a_sound_index_says_what_it_found(index: Path) -> None:
    findings = examine(index, lambda _: StubEncoder())
    assert [finding.check for finding in findings] == list(CHECKS)
    assert all(finding.is_sound and finding.detail for finding in findings)
    assert {path.name for path in index.iterdir()} >= {"index.sqlite", "derived", "receipt.json"}


def test_an_examination_changes_nothing(index: Path) -> None:
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    examine(index, lambda _: StubEncoder())
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        (lambda c: c.execute("UPDATE files SET passages = passages + 1 WHERE id = 3"), "counts", "generation 2 notes"),
        (lambda c: c.execute("UPDATE generations SET documents = 7"), "counts", "generation 2 notes"),
        (lambda c: c.execute("DELETE FROM passages WHERE ordinal = 2"), "references", "passage_vectors"),
        (lambda c: c.execute('UPDATE passages SET "end" = 100000 WHERE ordinal = 1'), "passages", "lies outside its document"),
        (lambda c: c.execute("UPDATE passages SET ordinal = 9 WHERE ordinal = 3"), "passages", "has the id of another"),
        (lambda c: c.execute("DELETE FROM passage_vectors"), "passages", "has no vector"),
        (
            lambda c: c.execute("UPDATE vectors SET vector = zeroblob(256) WHERE id = 9"),
            "vectors",
            "1 vectors are not",
        ),
        (lambda c: c.execute("UPDATE vectors SET vector = x'00' WHERE id < 9"), "vectors", "8 vectors are not"),
        (lambda c: c.execute("UPDATE passage_vectors SET weight = 2.0"), "vectors", "count for more than 1"),
        (lambda c: c.execute("UPDATE generations SET tokens_lost = 5"), "tokens", "5 tokens were cut off"),
        (lambda c: c.execute("UPDATE generations SET token = '0123456789abcdef'"), "search files", "missing or damaged"),
        (lambda c: c.execute("UPDATE generations SET token = '../x'"), "search files", "a token that is none"),
        (lambda c: c.execute("UPDATE settings SET value = 'x' WHERE key = 'fingerprint'"), "model", "is not what it was"),
        (lambda c: c.execute("CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM files; END"), "file", "tables are not"),
        (lambda c: c.execute("CREATE VIEW v AS SELECT * FROM files"), "file", "tables are not those of an index"),
    ],
)
def test_what_is_wrong_is_found_by_its_check(index: Path, change: Change, check: str, says: str) -> None:
    with changing(index) as connection:
        change(connection)
    assert says in wrong(index)[check]


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0])
def test_a_vector_that_is_no_unit_vector_is_found(index: Path, value: float) -> None:
    with changing(index) as connection:
        vector = np.full(64, value, "<f4").tobytes()
        connection.execute("UPDATE vectors SET vector = ? WHERE id = 5", (vector,))
    assert "1 vectors" in wrong(index)["vectors"]


def test_a_flipped_bit_is_found_wherever_it_is(index: Path) -> None:
    for at in (17, 5_000, (index / "index.sqlite").stat().st_size - 100):
        flip(index / "index.sqlite", at)
        assert wrong(index).keys() & {"file", "pages"}
        flip(index / "index.sqlite", at)
    assert wrong(index) == {}


def test_a_model_that_gives_other_vectors_than_those_kept_is_found(index: Path) -> None:
    class Drifted(StubEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            return np.roll(super().encode_documents(texts), 1, axis=1)

    assert "gives other vectors" in wrong(index, lambda _: Drifted())["model"]


def test_a_model_that_cannot_be_loaded_is_found(index: Path) -> None:
    def load(name: str) -> Encoder:
        raise ModelError(f"no model {name}")

    assert wrong(index, load) == {"model": "no model stub"}


def test_rights_that_others_have_are_found_and_taken(index: Path) -> None:
    (index / "index.sqlite").chmod(0o644)
    assert "others than the owner may use index.sqlite" in wrong(index)["permissions"]
    mended(index)
    assert stat.S_IMODE((index / "index.sqlite").stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_a_full_disk_is_found(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    assert "0 MiB are free" in wrong(index)["disk"]


def test_where_there_is_no_index_there_is_nothing_to_examine_or_mend(tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError):
        examine(tmp_path)
    with pytest.raises(MissingIndexError, match="askdex restore"):
        repair(tmp_path)


# Mending


def test_a_sound_index_is_left_as_it_is(index: Path) -> None:
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    assert mended(index) == Repair()
    assert {path: path.read_bytes() for path in before} == before


def test_search_files_are_made_anew_for_both_generations(index: Path) -> None:
    before = answers(index)
    for path in index.glob("derived/*/*/vectors.faiss"):
        flip(path, 100)
    encoder = StubEncoder()
    assert mended(index, encoder).done == ["The search files were made anew."]
    assert set(encoder.encoded) <= {text for text in encoder.encoded if "Document" in text}
    assert answers(index) == before
    assert roll_back(index).documents == 60


def test_only_damaged_vectors_are_embedded_again(index: Path) -> None:
    before = answers(index)
    with changing(index) as connection:
        connection.execute("UPDATE vectors SET vector = zeroblob(256) WHERE id IN (9, 10, 11)")
    result = mended(index)
    assert "3 texts were embedded again." in result.done
    assert (result.lost, result.aside) == ([], None)
    assert answers(index) == before


def test_a_damaged_document_is_lost_and_named_and_the_rest_carried_over(index: Path, kept: Path) -> None:
    before = answers(index)
    (at, *_) = places_of(index / "index.sqlite", b"part 3 of number 31")
    flip(index / "index.sqlite", at)
    damaged = (index / "index.sqlite").read_bytes()
    with pytest.raises(DamagedIndexError, match="askdex doctor --repair"):
        answers(index)
    result = mended(index)
    assert kept / "docs" / "31.md" in result.lost
    assert len(result.lost) < 10
    assert result.aside is not None
    assert (result.aside / "index.sqlite").read_bytes() == damaged
    names = {path.name for path in result.lost if isinstance(path, Path)}
    for now, earlier in zip(answers(index), before, strict=True):
        assert {result.passage.document.uri for result in now} & names == set()
        assert {result.passage.text for result in now} >= {
            result.passage.text for result in earlier[:5] if result.passage.document.uri not in names
        }
    report = update(index, result.lost, load_encoder=lambda _: StubEncoder())
    assert report.state.documents == 60
    assert report.state.generation > 2
    assert [[(one.passage.document.uri, one.passage.text) for one in some] for some in answers(index)] == [
        [(one.passage.document.uri.split("/")[-1], one.passage.text) for one in some] for some in before
    ]


def test_a_damaged_vector_page_costs_no_document(index: Path) -> None:
    before = answers(index)
    with closing(database.open_for_reading(index)) as connection:
        vector = sqlite.first_row(connection, "SELECT vector FROM vectors WHERE id = 50")[0]
    (at,) = places_of(index / "index.sqlite", vector)
    flip(index / "index.sqlite", at)
    result = mended(index)
    assert result.lost == []
    assert "texts were embedded again" in result.done[0]
    assert answers(index) == before


def test_of_a_file_that_cannot_be_opened_the_names_are_told(index: Path, kept: Path) -> None:
    flip(index / "index.sqlite", 200)
    result = repair(index, lambda _: StubEncoder())
    assert result.lost == sorted((kept / "docs").iterdir())
    assert result.aside is not None
    assert (result.aside / "index.sqlite").stat().st_size > 0
    with pytest.raises(MissingIndexError):
        examine(index)
    assert update(index, result.lost, load_encoder=lambda _: StubEncoder()).state.documents == 60


def test_an_index_that_is_older_than_what_was_reported_done_is_found_and_mended(index: Path, kept: Path) -> None:
    older = index.with_name("older")
    shutil.copytree(index, older)
    docs = index.with_name("docs")
    shutil.copytree(kept / "docs", docs)
    update(index, [docs], load_encoder=lambda _: StubEncoder())
    shutil.copy(older / "index.sqlite", index / "index.sqlite")
    with pytest.raises(DamagedIndexError, match="generation 2, though generation 3 was reported done"):
        answers(index)
    assert "Generation 3 was reported done and cannot be read: index its documents again." in mended(index).done
    assert update(index, [docs], load_encoder=lambda _: StubEncoder()).state.generation == 5


def test_a_log_of_another_index_is_not_read_as_its_own(index: Path, tmp_path: Path) -> None:
    before = answers(index)
    other = tmp_path / "other"
    with closing(database.open_for_writing(other)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA synchronous = OFF")
        with sqlite.write_transaction(connection):
            for n in range(2_000):
                connection.execute("INSERT INTO settings VALUES (?, 'x')", (f"key {n}",))
        shutil.copy(other / LOG, index / LOG)
    files = [index / name for name in (FILE, LOG)]
    contents = [file.read_bytes() for file in files]
    with pytest.raises(DamagedIndexError, match="of another index"):
        answers(index)
    with pytest.raises(DamagedIndexError, match="of another index"):
        database.open_for_writing(index)
    assert [file.read_bytes() for file in files] == contents
    assert mended(index).lost == []
    assert answers(index) == before


@pytest.mark.parametrize("table", ["files", "presence", "metadata", "passages", "passage_vectors", "vectors", "generations"])
def test_no_document_is_lost_with_a_damaged_page_of_another_table(index: Path, table: str) -> None:
    before = answers(index)
    with changing(index) as connection:
        query = "SELECT pageno, pgsize FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno"
        (number, size, *_) = next(sqlite.rows(connection, query, (table,)))
    # The row of a file is believed where digests elsewhere prove it, so there it is the checksum of the page that is hit.
    flip(index / "index.sqlite", number * size - (4 if table == "files" else 20))
    assert wrong(index).keys() & {"file", "pages"}
    assert mended(index).lost == []
    assert answers(index) == before


def test_pages_of_a_site_are_carried_over_and_lost_ones_named_by_their_addresses(tmp_path: Path) -> None:
    index = tmp_path / "index"
    rules = SiteRules(delay_s=0.0, allows_private=True)
    links = [f"/{n}" for n in range(20)]
    pages = {link: html(f"Page {link[1:]} says what is lost of it " + 40 * link) for link in links}
    with serving({"/": html("Start", links), **pages}) as site:
        address = f"{site.address}/"
        update(index, [address], load_encoder=lambda _: StubEncoder(), site_rules=rules)
        before = contents(index)
        with closing(database.open_for_writing(index)) as connection:
            database.empty_log(connection)
        (at, *_) = places_of(index / FILE, b"Page 7 says")
        flip(index / FILE, at)
        result = mended(index)
        assert f"{address}7" in result.lost
        assert contents(index) == {uri: text for uri, text in before.items() if uri not in result.lost}
        changes = update(index, [address], load_encoder=lambda _: StubEncoder(), site_rules=rules).changes
        assert {key.decode() for key in changes.new} == set(map(str, result.lost))
        assert contents(index) == before
