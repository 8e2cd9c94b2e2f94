"""The reader of an index folder does what every read model must do."""

from contextlib import closing
from pathlib import Path

from askdex.indexer.engine.protocol import Opened
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update

# pytest collects the tests of a suite, and their fixtures, by their names.
from tests.indexer.generations.read_model.collection import *  # noqa: F403
from tests.indexer.generations.read_model.contents import *  # noqa: F403
from tests.indexer.generations.read_model.filters import *  # noqa: F403
from tests.indexer.generations.read_model.following import *  # noqa: F403
from tests.indexer.generations.read_model.generations import *  # noqa: F403
from tests.stubs import StubEncoder, write_files


def test_units_are_right_when_an_index_takes_the_place_of_one_whose_passages_were_cut_elsewhere(tmp_path: Path) -> None:
    write_files(tmp_path / "docs", {"long.md": "# Long\n\n" + " ".join(f"This is sentence {n}." for n in range(9))})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder(limit=64))
    update(tmp_path / "other", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder(limit=20))
    with closing(Reader(tmp_path / "index")) as reader:
        with reader.opened() as opened:
            whole = assert_units_cover_their_passages(opened)
        (tmp_path / "index").rename(tmp_path / "aside")
        (tmp_path / "other").rename(tmp_path / "index")
        with reader.opened() as opened:
            parts = assert_units_cover_their_passages(opened)
    assert whole < parts


def assert_units_cover_their_passages(opened: Opened) -> set[int]:
    """The first unit of each passage begins it, the last one ends it; gives the ids of the passages."""
    ids = opened.sample(1_000).tolist()
    for passage, units in zip(opened.passages(ids), opened.units(ids), strict=True):
        assert (units[0].start, units[-1].end) == (0, len(passage.text))
    return set(ids)
