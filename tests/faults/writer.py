"""A process that goes on adding, changing and removing documents, and indexes them."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from askdex.indexer.ingest.update import update
from tests.faults.collection import TOPICS, QuickEncoder

_MOST = 60
_AT_ONCE = 12
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Publication:
    """A generation: when it was reported done, on the clock of all processes, and which edition of each file it has."""

    generation: int
    done: float
    passages: int
    editions: dict[str, int]


def change(documents: Path, editions: dict[str, int], edition: int, chance: random.Random) -> None:
    """Add, change and remove some documents; those that are written say their edition."""
    for number in chance.sample(range(_MOST), _AT_ONCE):
        name = f"{number:02}.txt"
        if name in editions and len(editions) > _MOST // 2 and chance.random() < 0.3:
            (documents / name).unlink()
            del editions[name]
        else:
            topic = TOPICS[number % len(TOPICS)]
            text = (
                f"About {topic} {number}\n\nWhat is the {topic} rule?\n\nThe {topic} rule {number} is edition {edition} here.\n"
            )
            (documents / name).write_text(text, encoding="utf-8")
            editions[name] = edition


def publications(index: Path, documents: Path, seed: int) -> Iterator[Publication]:
    """Change documents and index them, without end."""
    editions: dict[str, int] = {}
    chance = random.Random(seed)
    edition = 0
    while True:
        edition += 1
        change(documents, editions, edition, chance)
        state = update(index, [documents], load_encoder=QuickEncoder).state
        yield Publication(state.generation, time.monotonic(), state.passages, dict(editions))


def go_on(index: Path, documents: Path, record: Path, seed: int, stop: Event) -> None:
    """Publish generations and write them down, until told to stop."""
    with record.open("w", encoding="utf-8") as file:
        for publication in publications(index, documents, seed):
            row = [publication.generation, publication.done, publication.passages, publication.editions]
            file.write(json.dumps(row) + "\n")
            if stop.wait(_PAUSE_S):
                return


def recorded(record: Path) -> list[Publication]:
    """The generations that a process has written down."""
    with record.open(encoding="utf-8") as file:
        return [Publication(*json.loads(line)) for line in file]
