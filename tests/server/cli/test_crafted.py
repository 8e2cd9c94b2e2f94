"""Index folders that somebody made up, with the right checksums: each command ends with a line, and nothing runs or leaks."""

import json
import pickle
import shutil
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from askdex.corpus.errors import AskdexError
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import sqlite
from askdex.indexer.store.folder import DERIVED, FILE, LOCK, RECEIPT, UPLOADED
from askdex.server.app import create_app
from askdex.server.cli.main import main
from tests.stubs import StubEncoder, write_files

PAGES = {"card.md": "# Card\n\nThe card is green.\n\n- It is free.\n", "law.md": "# Law\n\nSee the [card](card.md) of 2020.\n"}
QUESTION = "Which card is green?"
NESTED = "[" * 200_000
OVERLAPPING = json.dumps([["paragraph", 0, 20, 0]] * 10_000)

VALUES = {
    "dimension that is no number": "UPDATE settings SET value = 'x' WHERE key = 'dimension'",
    "dimension of another model": "UPDATE settings SET value = '7' WHERE key = 'dimension'",
    "dimension below zero": "UPDATE settings SET value = '-1' WHERE key = 'dimension'",
    "no dimension": "DELETE FROM settings WHERE key = 'dimension'",
    "no settings": "DELETE FROM settings",
    "no identity": "DELETE FROM settings WHERE key = 'identity'",
    "no model": "DELETE FROM settings WHERE key IN ('model', 'fingerprint')",
    "another fingerprint": "UPDATE settings SET value = 'x' WHERE key = 'fingerprint'",
    "calibration that is no JSON": "INSERT OR REPLACE INTO settings VALUES ('calibration', 'x')",
    "calibration that is a list": "INSERT OR REPLACE INTO settings VALUES ('calibration', '[]')",
    "calibration of texts": """INSERT OR REPLACE INTO settings VALUES
        ('calibration', '{"foreign": "x", "own": [], "passages": {}, "trust": 1, "own_refused": 0, "foreign_refused": 0,
        "cosine_scale": 1}')""",
    "calibration of numbers that are none": """INSERT OR REPLACE INTO settings VALUES
        ('calibration', '{"foreign": NaN, "own": 1, "passages": 1, "trust": 1, "own_refused": 0, "foreign_refused": 0,
        "cosine_scale": Infinity}')""",
    "calibration without a spread": """INSERT OR REPLACE INTO settings VALUES
        ('calibration', '{"foreign": 1, "own": 1, "passages": 1, "trust": 1, "own_refused": 0, "foreign_refused": 0,
        "cosine_scale": 1}')""",
    "calibration that is nested deeply": f"INSERT OR REPLACE INTO settings VALUES ('calibration', '{NESTED}')",
    "tuning that is no JSON": "INSERT OR REPLACE INTO settings VALUES ('tuning', 'x')",
    "tuning that is a list": "INSERT OR REPLACE INTO settings VALUES ('tuning', '[]')",
    "tuning of texts": """INSERT OR REPLACE INTO settings VALUES ('tuning', '{"shift": "x"}')""",
    "token model that is none": "INSERT OR REPLACE INTO settings VALUES ('token_model', 'x')",
    "more documents than there are": "UPDATE generations SET documents = 1 << 60, passages = 1 << 60, vectors = 1 << 60",
    "fewer than none": "UPDATE generations SET documents = -1, passages = -1, vectors = -1, tokens_lost = -1",
    "token that leads out": "UPDATE generations SET token = '../../outside'",
    "no time": "UPDATE generations SET made = 'x'",
    "no generations": "DELETE FROM generations",
    "no presence": "DELETE FROM presence",
    "no passages": "DELETE FROM passage_vectors; DELETE FROM passages",
    "no documents": "DELETE FROM documents",
    "vectors of another length": "UPDATE vectors SET vector = zeroblob(28)",
    "a vector of no length": "UPDATE vectors SET vector = x'' WHERE id = (SELECT min(id) FROM vectors)",
    "vectors of bytes that are no numbers": "UPDATE vectors SET vector = x'ffffff'",
    "vectors without a number": "UPDATE vectors SET vector = zeroblob(256)",
    "weights that are infinite": "UPDATE passage_vectors SET weight = 9e999",
    "heading path that is no JSON": "UPDATE passages SET heading_path = 'x'",
    "heading path of another kind": "UPDATE passages SET heading_path = '{\"a\": 1}'",
    "heading path of numbers": "UPDATE passages SET heading_path = '[1, [2]]'",
    "metadata that is no JSON": "UPDATE documents SET metadata = 'x'",
    "metadata that is a list": "UPDATE documents SET metadata = '[]'",
    "metadata of tables": """UPDATE documents SET metadata = '{"updated": {"a": [1]}, "folder": {}}'""",
    "blocks that are no JSON": "UPDATE documents SET blocks = 'x'",
    "blocks of another kind": "UPDATE documents SET blocks = '[[\"nothing\", 0, 1, 0]]'",
    "blocks outside of the text": "UPDATE documents SET blocks = '[[\"paragraph\", -5, 1000000000, 0]]'",
    "blocks between texts": 'UPDATE documents SET blocks = \'[["paragraph", "a", "b", 0]]\'',
    "blocks of a deep list": "UPDATE documents SET blocks = '[[\"item\", 0, 5, 1000000000]]'",
    "10,000 blocks that overlap": f"UPDATE documents SET blocks = '{OVERLAPPING}'",
    "blocks that are nested deeply": f"UPDATE documents SET blocks = '{NESTED}'",
    "links that are no JSON": "UPDATE documents SET links = 'x'",
    "links outside of the text": "UPDATE documents SET links = '[[-1, 1000000000, 5]]'",
    "links that run": "UPDATE documents SET links = '[[0, 5, \"javascript:alert(1)\"]]'",
    "pages that are none": "UPDATE documents SET page_starts = '[\"x\", null]'",
    "title that is no UTF-8": "UPDATE documents SET title = CAST(x'c3' AS TEXT)",
    "text that is no UTF-8": "UPDATE documents SET text = CAST(x'c3' AS TEXT)",
    "question that is no UTF-8": "UPDATE passages SET question = CAST(x'c3' AS TEXT)",
    "model that is no UTF-8": "UPDATE settings SET value = CAST(x'c3' AS TEXT) WHERE key = 'model'",
    "document with a name that is no number": "UPDATE documents SET name = 'zz' || id",
    "document with a name that is too large": "UPDATE documents SET name = 'ffffffffffffffffffffff' || id",
    "language that is none": "UPDATE documents SET language = '../../etc'",
    "passages outside of their document": 'UPDATE passages SET start = 1 << 40, "end" = -(1 << 40)',
    "ordinals that are too large": "UPDATE passages SET ordinal = ordinal + (1 << 50)",
    "files with keys that are no paths": "UPDATE files SET path = CAST(x'00ff' || path AS BLOB), root = x''",
    "dates that are none": """UPDATE documents SET metadata = '{"updated": "9999-99-99", "valid_from": 5}'""",
}
"""Kinds of values, each with the statements that write it."""

Craft = Callable[[Path, Path], None]


def _nested_receipt(index: Path, _: Path) -> None:
    (index / RECEIPT).write_text(NESTED, encoding="utf-8")


def _derived_elsewhere(index: Path, outside: Path) -> None:
    shutil.rmtree(index / DERIVED)
    (index / DERIVED).symlink_to(outside, target_is_directory=True)


def _engine_elsewhere(index: Path, outside: Path) -> None:
    (place,) = (index / DERIVED).iterdir()
    shutil.rmtree(place)
    place.symlink_to(outside, target_is_directory=True)


def _lock_elsewhere(index: Path, outside: Path) -> None:
    (index / LOCK).unlink(missing_ok=True)
    (index / LOCK).symlink_to(outside / "precious.txt")


def _receipt_elsewhere(index: Path, outside: Path) -> None:
    (index / RECEIPT).unlink(missing_ok=True)
    (index / RECEIPT).symlink_to(outside / "precious.txt")


def _uploads_elsewhere(index: Path, outside: Path) -> None:
    (index / UPLOADED).symlink_to(outside, target_is_directory=True)


class Run:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return open, ("unpickled.txt", "w")  # type: ignore[return-value]


def _pickles(index: Path, _: Path) -> None:
    for file in (index / DERIVED).glob("*/*/*"):
        file.write_bytes(pickle.dumps(Run()))
    _right_checksums(index)


def _arrays_of_objects(index: Path, _: Path) -> None:
    for file in (index / DERIVED).glob("*/*/*.npy"):
        np.save(file, np.array([Run()], dtype=object), allow_pickle=True)
    _right_checksums(index)


def _other_arrays(index: Path, _: Path) -> None:
    for file in (index / DERIVED).glob("*/*/*.npy"):
        np.save(file, np.zeros((3, 3), np.complex128))
    _right_checksums(index)


def _segments_elsewhere(index: Path, _: Path) -> None:
    (manifest,) = (index / DERIVED).glob("*/manifest.json")
    content = json.loads(manifest.read_text(encoding="utf-8"))
    name = "../../../outside"
    content |= {"segments": [name], "files": {f"{name}/precious.txt": zlib.crc32(b"precious")}}
    manifest.write_text(json.dumps(content), encoding="utf-8")


def _nested_manifest(index: Path, _: Path) -> None:
    (manifest,) = (index / DERIVED).glob("*/manifest.json")
    manifest.write_text(NESTED, encoding="utf-8")


def _right_checksums(index: Path) -> None:
    (manifest,) = (index / DERIVED).glob("*/manifest.json")
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"] = {name: zlib.crc32((manifest.parent / name).read_bytes()) for name in content["files"]}
    manifest.write_text(json.dumps(content), encoding="utf-8")


FILES: dict[str, Craft] = {
    craft.__name__.strip("_").replace("_", " "): craft
    for craft in (
        _nested_receipt,
        _derived_elsewhere,
        _engine_elsewhere,
        _lock_elsewhere,
        _receipt_elsewhere,
        _uploads_elsewhere,
        _pickles,
        _arrays_of_objects,
        _other_arrays,
        _segments_elsewhere,
        _nested_manifest,
    )
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    write_files(place / "pages", PAGES)
    update(place / "index", [place / "pages"], load_encoder=lambda _: StubEncoder())
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the index and its documents, beside something that is none of its business."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made / "index", tmp_path / "index")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "precious.txt").write_bytes(b"precious")
    return tmp_path


def ended(result: Result) -> bool:
    """Whether a command ended by itself, with one line on what is wrong if anything is; warnings may come before that."""
    is_over = result.exception is None or isinstance(result.exception, SystemExit)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return is_over and result.exit_code in (0, 1, 2) and len(errors) == (result.exit_code == 2)


def require_ends(place: Path) -> None:
    """Have every command look at the index of a place."""
    named = ("--index", "index")
    for arguments in (("ask", QUESTION), ("info",), ("info", "--stale"), ("questions",), ("doctor",), ("doctor", "--repair")):
        if arguments == ("doctor", "--repair"):
            require_answers(place)
        result = CliRunner().invoke(main, [*arguments, *named])
        assert ended(result), (arguments, result.exit_code, result.exception, result.stderr)
    result = CliRunner().invoke(main, ["index", str(place / "pages"), *named])
    assert ended(result), (result.exit_code, result.exception, result.stderr)
    assert {path.name: path.read_bytes() for path in (place / "outside").iterdir()} == {"precious.txt": b"precious"}
    assert not (place / "unpickled.txt").exists()


def require_answers(place: Path) -> None:
    """Have a server answer from the index, and from each of its documents."""
    try:
        searcher = open_searcher(place / "index", lambda name: StubEncoder(name))
    except AskdexError:
        return
    with closing(searcher):
        client = create_app(searcher).test_client()
        listed = client.get("/api/v1/documents").get_json().get("documents", [])
        paths = [f"/documents/{document['id']}" for document in listed]
        more = ["/", f"/?q={QUESTION}", f"/?q={QUESTION}&why=1", "/documents", "/left-out", "/readyz"]
        for path in [*paths, *(f"/api/v1{path}" for path in paths), *more, f"/api/v1/search?q={QUESTION}", "/api/v1/facets"]:
            response = client.get(path, headers={"Accept": "text/html"})
            assert response.status_code != 500, path
            assert b"javascript:" not in response.data or path.startswith("/api/")


@pytest.mark.parametrize("statements", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("has_search_files", [True, False], ids=["with search files", "without"])
def test_values_that_askdex_does_not_write_end_in_a_line(place: Path, statements: str, *, has_search_files: bool) -> None:
    with closing(sqlite.connect(place / "index" / FILE, "mode=rw")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statements)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if not has_search_files:
        shutil.rmtree(place / "index" / DERIVED)
        (place / "index" / DERIVED).mkdir()
    require_ends(place)


@pytest.mark.parametrize("craft", FILES.values(), ids=FILES)
def test_files_that_askdex_does_not_write_lead_nowhere(place: Path, craft: Craft) -> None:
    craft(place / "index", place / "outside")
    require_ends(place)
