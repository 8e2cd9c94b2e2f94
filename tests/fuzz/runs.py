"""Reading mutated files in processes of their own, and counting what became of each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from askdex.corpus.errors import FailedReadingError, UnreadableError
from askdex.corpus.passages import CutDocument
from askdex.corpus.sources import Item
from askdex.corpus.types import Skipped
from askdex.indexer.ingest.reading import FileToRead, Pool
from askdex.indexer.ingest.scan import SourceItem
from tests.fuzz.mutations import mutated
from tests.fuzz.samples import FUZZED
from tests.stubs import StubEncoder

_ENOUGH = 2**30
"""Bytes to read, for which there are as many readers as cores."""
READ, PARTLY = "read", "read in part"


class _Inputs:
    """A source of mutated files, made as they are read."""

    name = "inputs"
    root = b"/inputs"

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def item(self, number: int) -> Item:
        """An input; the formats take turns."""
        file_format = FUZZED[number % len(FUZZED)]
        return Item(b"/inputs/%d" % number, f"{number}{file_format.suffixes[-1]}", file_format.name.encode(), 0)

    def items(self) -> Iterator[Item | Skipped]:
        """See Source."""
        return iter(())

    def read(self, item: Item) -> bytes:
        """See Source."""
        return mutated(item.version.decode(), self._seed, number_of(item))

    def has_here(self, item: Item) -> bool:  # noqa: ARG002
        """See Source."""
        return True

    def keep(self, item: Item) -> None:
        """See Source."""

    def holds(self, key: bytes) -> bool:
        """See Source."""
        return key.startswith(self.root)

    def finish(self) -> None:
        """See Source."""

    def close(self) -> None:
        """See Source."""

    def levels(self, key: bytes) -> Iterator[bytes]:
        """See Source."""
        yield key


@dataclass(slots=True)
class Found:
    """What became of inputs: by format, how often each outcome came; and what is wrong, by the number of the input."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)

    def note(self, item: Item, outcome: str, fault: str | None = None) -> None:
        """Note what became of an input."""
        self.outcomes.setdefault(item.version.decode(), Counter())[outcome] += 1
        if fault is not None:
            self.faults[number_of(item)] = f"{item.uri}: {fault}"


def number_of(item: Item) -> int:
    """The number of an input."""
    return int(item.key.rsplit(b"/", 1)[1])


def fuzzed(seed: int, numbers: Iterable[int]) -> Iterator[Found]:
    """Read these inputs; gives what became of them so far after each. What raises here would end the run of an indexer."""
    inputs, stub, found = _Inputs(seed), StubEncoder(), Found()
    with Pool(lambda: stub, _ENOUGH) as pool:
        for file, parts in pool.read(FileToRead(SourceItem(inputs, inputs.item(number))) for number in numbers):
            item = file.entry.item
            outcome, fault = READ, None
            try:
                for part in parts:
                    if isinstance(part, Skipped):
                        outcome = PARTLY
                    else:
                        fault = fault or _unsound(part)
            except FailedReadingError as error:
                outcome = fault = str(error)
            except UnreadableError as error:
                outcome = str(error)
            found.note(item, outcome, fault)
            yield found


def _unsound(part: CutDocument) -> str | None:
    """What is wrong with a document and its passages, if anything is."""
    document = part.document
    size = len(document.text)
    spans = [(block.start, block.end) for block in document.blocks]
    if not spans or any(not 0 <= start < end <= size for start, end in spans) or spans != sorted(spans):
        return "blocks are not within the text, one after the other"
    if not part.passages or any(not 0 <= passage.start < passage.end <= size for passage in part.passages):
        return "passages are not within the text"
    if any(not 0 <= link.start < link.end <= size for link in document.links):
        return "links are not within the text"
    return None
