"""A collection whose threshold is set wrongly, and questions that tell so."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from askdex.indexer.ingest.update import update
from askdex.indexer.store import database, states
from askdex.indexer.types import Calibration, Tuning
from tests.stubs import StubEncoder, write_files

THINGS = (
    "apple bridge candle donkey engine feather garden hammer island jacket kettle ladder mirror needle orange pencil quarry "
    "ribbon saddle tunnel"
).split()
ROOMS = "attic barn cellar depot".split()
QUESTIONS = "question,document\n" + "".join(
    f"Where do we keep the {thing}?,{thing}.md\nWho painted the {thing} of Rembrandt?,\n" for thing in THINGS
)
"""20 questions that the documents answer, and 20 that they do not."""


def make_index(folder: Path) -> Path:
    """An index that refuses too little, with its documents and a file of questions beside it."""
    pages = {
        f"docs/{thing}.md": f"# The {thing}\n\nWe keep every {thing} in the {ROOMS[n % len(ROOMS)]}. It costs {n + 3} coins.\n"
        for n, thing in enumerate(THINGS)
    }
    write_files(folder, {**pages, "questions.csv": QUESTIONS})
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(database.open_for_writing(folder / "index")) as connection:
        usual = states.calibration(connection)
        assert usual is not None
        states.set_settings(connection, calibration=replace(usual, foreign=0.1).to_json())
        database.empty_log(connection)
    return folder / "index"


def kept(index: Path) -> tuple[Tuning | None, Calibration | None]:
    """The tuning and the calibration of an index."""
    with closing(database.open_for_reading(index)) as connection:
        return states.tuning(connection), states.calibration(connection)
