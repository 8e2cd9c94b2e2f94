"""Every file of an index damaged in every way: found or harmless each time, no crash, no wrong answer, no deletion."""

import math
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TypeAlias, TypeVar

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import GoneGenerationError, MissingIndexError, RequestError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import read
from askdex.indexer.store.folder import DERIVED, FILE, LOCK, LOG, RECEIPT, SHARED_MEMORY, has_index
from askdex.indexer.types import StoredDocument
from askdex.indexer.upkeep.repair import repair
from tests.faults import child, collection, quick
from tests.faults.collection import NEW, OLD, QuickEncoder
from tests.faults.report import Row, Tally

T = TypeVar("T")

_DERIVED = "search files"
_KINDS = {
    "truth": (FILE,),
    "log": (LOG, SHARED_MEMORY),
    "notes": (RECEIPT, LOCK),
    _DERIVED: (DERIVED,),
}
_MAY_GO = (LOG, SHARED_MEMORY, DERIVED)
_PAGES = 16
_FLIPS = 100
_MENDED_OF_FLIPS = 10
"""After one in so many flipped bits outside the truth the index is mended as well; after all else it always is."""
_OF_BEFORE = 10
_OF_SEARCH_FILES = 1 / 4
"""The share of them that is damaged where a share of all is: they are many, and one is like the other."""

_ALL = 1_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A request was refused with an error."""

    kind: type[AskdexError]
    message: str


Seen: TypeAlias = Mapping[str, object]
"""The reply of an index, or Refused, by request."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """An index, the documents that it is of, what it says, and what it said one generation earlier."""

    index: Path
    documents: Path
    seen: Seen
    earlier: Seen


@dataclass(frozen=True, slots=True)
class Damage:
    """Something to do to a file of an index; `rightful` are the indexes whose words are no wrong ones after it."""

    file: str
    name: str
    inflict: Callable[[Path], object]
    rightful: tuple[Specimen, ...]
    is_flip: bool = False

    def __str__(self) -> str:
        return f"{self.file} {self.name}"


def rows(share: float, folder: Path) -> Iterator[Row]:
    for state, is_killed in (("at rest", False), ("with a log", True)):
        specimen, other = (
            _specimen(folder / f"{name} {state}", rows=number, is_killed=is_killed)
            for name, number in (("one", 12), ("other", 13))
        )
        for kind, names in _KINDS.items():
            # Search files are the same whether the truth is in the file or in its log, so one state is enough.
            if not (is_killed and kind == _DERIVED):
                files = [file for file in _files(specimen.index) if file.split("/")[0] in names]
                damages = [damage for file in files for damage in _damages(specimen, other, file)]
                of_kind = share * _OF_SEARCH_FILES if share < 1 and kind == _DERIVED else share
                yield _row(f"damaged {kind}, {state}", _chosen(damages, of_kind), specimen, folder / "patient")


def _specimen(folder: Path, *, rows: int, is_killed: bool) -> Specimen:
    """An index that was brought from one edition to the next; if wanted by a process that was killed after its commit."""
    documents, index = folder / "documents", folder / "index"
    collection.write(documents, OLD, files=_PAGES, rows=rows)
    collection.built(index, documents)
    earlier = _seen(index)
    collection.write(documents, NEW, files=_PAGES, rows=rows)
    if not is_killed:
        collection.built(index, documents)
        return Specimen(index, documents, _seen(index), earlier)
    # The generation is noted as done, and nothing of it is in the file as yet. To look at it could change that.
    updating = partial(update, index, [documents], load_encoder=QuickEncoder)
    child.run(quick.quickly(updating), last="before empty_log")
    return Specimen(index, documents, _seen(shutil.copytree(index, folder / "copy")), earlier)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _seen(folder: Path) -> Seen:
    return {**_answers(folder), **_listing(folder)}


def _answers(folder: Path) -> Seen:
    """The answers to all questions, and to some of them in the generation before."""
    searcher = _attempt(partial(open_searcher, folder, QuickEncoder))
    if isinstance(searcher, Refused):
        return {"opened": searcher}
    with closing(searcher):
        queries = [*collection.questions(), *islice(collection.questions(generation=1), _OF_BEFORE)]
        return {str(query): _attempt(partial(collection.answer, searcher, query)) for query in queries}


def _listing(folder: Path) -> Seen:
    """All documents, by their ids."""
    listed = _attempt(partial(_documents, folder))
    return {"listed": listed} if isinstance(listed, Refused) else listed


def _documents(folder: Path) -> dict[str, StoredDocument]:
    with viewed(folder) as view:
        summaries = read.page_of_documents(view, _ALL, 0)
        return {summary.id: read.document(view, summary.id) for summary in summaries}


def _attempt(ask: Callable[[], T]) -> T | Refused:
    try:
        return ask()
    except AskdexError as error:
        return Refused(type(error), str(error))


def _chosen(damages: Sequence[Damage], share: float) -> Iterator[Damage]:
    """Each truth of another index, a share of the flipped bits, and a larger one of what else is done."""
    flips = [damage for damage in damages if damage.is_flip]
    truths = [damage for damage in damages if len(damage.rightful) > 1]
    others = [damage for damage in damages if damage not in flips and damage not in truths]
    chances = random.Random(len(damages))
    yield from truths
    yield from chances.sample(others, math.ceil(math.sqrt(share) * len(others)))
    yield from chances.sample(flips, math.ceil(share * len(flips)))


def _damages(specimen: Specimen, other: Specimen, file: str) -> Iterator[Damage]:
    """Each thing that can be done to a file."""
    chances = random.Random(PurePosixPath(file).suffix)
    # What takes the place of a truth is one.
    both = (specimen, other) if file == FILE else (specimen,)
    size = (specimen.index / file).stat().st_size
    if size:
        for name, length in (("cut in half", size // 2), ("cut by a byte", size - 1), ("emptied", 0)):
            yield Damage(file, name, partial(os.truncate, length=length), (specimen,))
        for bit in chances.sample(range(8 * size), min(_FLIPS, 8 * size)):
            yield Damage(file, f"with bit {bit} flipped", partial(_flip, bit=bit), (specimen,), is_flip=True)
    yield Damage(file, "deleted", Path.unlink, (specimen,))
    for source in (specimen, other):
        alike = [name for name in _files(source.index) if _likeness(name) == _likeness(file)]
        strangers = [name for name in alike if source is other or name != file]
        if strangers:
            name = chances.choice(strangers)
            whose = "another index" if source is other else "the same index"
            yield Damage(file, f"replaced by {name} of {whose}", partial(shutil.copyfile, source.index / name), both)


def _likeness(file: str) -> tuple[str, str]:
    return file.split("/")[0], PurePosixPath(file).suffix


def _flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def _row(name: str, damages: Iterable[Damage], specimen: Specimen, patient: Path) -> Row:
    started = time.monotonic()
    tally, number = Tally(), 0
    for number, damage in enumerate(damages, 1):
        shutil.rmtree(patient, ignore_errors=True)
        shutil.copytree(specimen.index, patient)
        damage.inflict(patient / damage.file)
        with tally.catching(str(damage)):
            _judge(patient, damage, tally)
        if not damage.is_flip or damage.file == FILE or number % _MENDED_OF_FLIPS == 0:
            with tally.catching(f"{damage}, then mended"):
                _mend(patient, damage, tally)
    kinds = ("found", "harmless", "crashes", "wrong answers", "deletions")
    return tally.row(name, number, time.monotonic() - started, *kinds)


def _judge(patient: Path, damage: Damage, tally: Tally) -> None:
    before = set(_files(patient))
    seen = _seen(patient)
    refusals = [reply for reply in seen.values() if isinstance(reply, Refused)]
    wrong = min((_other_replies(seen, rightful.seen) for rightful in damage.rightful), key=len)
    if wrong:
        tally.fail("wrong answers", str(damage), f"{len(wrong)} of {len(seen)}, the first to {wrong[0]}")
    elif long := next((refusal for refusal in refusals if "\n" in refusal.message), None):
        tally.fail("errors of several lines", str(damage), repr(long))
    else:
        tally.counts["found" if refusals else "harmless"] += 1
    if refusals and not _attempt(partial(collection.unsound, patient)):
        tally.fail("unfound by doctor", str(damage), refusals[0].message)
    if gone := {file for file in before - set(_files(patient)) if file.split("/")[0] not in _MAY_GO}:
        tally.fail("deletions", str(damage), ", ".join(sorted(gone)))


def _other_replies(seen: Seen, expected: Seen) -> list[str]:
    """The requests with another reply than expected; refusals do not count."""
    return [request for request, reply in seen.items() if not isinstance(reply, Refused) and reply != expected.get(request)]


def _mend(patient: Path, damage: Damage, tally: Tally) -> None:
    where = f"{damage}, then mended"
    try:
        result = repair(patient, QuickEncoder)
    except MissingIndexError:
        tally.counts["missing"] += 1
        return
    if not has_index(patient):
        tally.counts["beyond repair"] += 1
        if result.aside is None or not has_index(result.aside):
            tally.fail("deletions", where, f"the damaged file is not in {result.aside}")
        return
    tally.counts["mended"] += 1
    for finding in collection.unsound(patient):
        tally.fail("unsound", where, f"{finding.check}: {finding.detail}")
    seen = _seen(patient)
    faults = min((_faults(seen, replies, set(result.lost)) for replies in _rightful(damage)), key=len)
    if faults:
        tally.fail("wrong answers", where, f"{len(faults)}, the first: {faults[0]}; {len(result.lost)} files were named lost")


def _rightful(damage: Damage) -> Iterator[tuple[Specimen, Seen]]:
    """What a mended index may say. Nothing in the truth tells what was in a log that is lost, or was not copied with it."""
    for specimen in damage.rightful:
        yield specimen, specimen.seen
        if damage.file in _KINDS["log"] or len(damage.rightful) > 1:
            yield specimen, specimen.earlier


def _faults(seen: Seen, rightful: tuple[Specimen, Seen], lost: set[Path | str]) -> list[str]:
    """The replies of a repaired index that are wrong; documents of lost files may be missing."""
    specimen, replies = rightful
    # It may hold one generation only, and where documents are lost a filter may have lost its key.
    rightly = (GoneGenerationError, RequestError) if lost else (GoneGenerationError,)
    refusals = {request: reply for request, reply in seen.items() if isinstance(reply, Refused)}
    refused = [f"{refusal} to {request}" for request, refusal in refusals.items() if refusal.kind not in rightly]
    if not lost:
        return refused + _other_replies(seen, replies)
    texts = {
        name: reply
        for name, reply in replies.items()
        if isinstance(reply, StoredDocument) and specimen.documents / reply.summary.uri.partition("#")[0] not in lost
    }
    documents = {name: reply for name, reply in seen.items() if isinstance(reply, StoredDocument)}
    return refused + [name for name in texts.keys() | documents.keys() if texts.get(name) != documents.get(name)]
