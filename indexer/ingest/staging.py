"""Bringing new and changed files into the truth in steps of bounded size, unseen until a generation is made of them."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import Tokens, cut
from askdex.corpus.types import Document
from askdex.indexer.ingest.ahead import ahead
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.store import generations, sqlite, write
from askdex.indexer.store.embedded_texts import Counted, texts_of
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.write import FileVersion, PreparedDocument

_STEP = 512
"""Texts, about, that are embedded, and kept, at once; with them the memory that a run takes is bounded."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file to take in: its documents from first to last, how many of them are here already, and whether that is all."""

    edition: FileVersion
    documents: Iterable[Document]
    here: int = 0
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to embed, and how many of its tokens the encoder will not see."""

    text: str
    lost: int


@dataclass(slots=True)
class _Step:
    """What is read and not yet written: documents, files that end with them or cannot be read, texts to embed by their keys.

    `size` is how much of what there is to read it holds, in bytes.
    """

    documents: list[tuple[FileVersion, PreparedDocument]] = field(default_factory=list)
    completed: list[FileVersion] = field(default_factory=list)
    unreadable: list[tuple[FileVersion, UnreadableError]] = field(default_factory=list)
    texts: dict[bytes, _Text] = field(default_factory=dict)
    size: int = 0

    def is_full(self) -> bool:
        return max(len(self.texts), len(self.completed)) >= _STEP

    def take(self, edition: FileVersion, document: Document, encoder: Tokens) -> None:
        """Take in a document."""
        tokens = Counted(encoder)
        passages = cut(document, tokens)
        texts = [texts_of(document, passage, tokens) for passage in passages]
        keys = {text: write.key_of(text) for some in texts for text in some}
        lost = [max(0, count - tokens.limit) for count in tokens.count(list(keys))]
        self.texts |= {key: _Text(text, n) for (text, key), n in zip(keys.items(), lost, strict=True)}
        weights = [{keys[text]: weight for text, weight in some.items()} for some in texts]
        self.documents.append((edition, PreparedDocument(document, passages, weights)))

    def leave_out(self, edition: FileVersion, error: UnreadableError) -> None:
        """Take back what there is of a file."""
        self.documents = [(of, prepared) for of, prepared in self.documents if of != edition]
        self.unreadable.append((edition, error))


class Staging:
    """Takes files in; what it has written stays when the run is stopped, and the next run goes on from there.

    `files` are the ids of those that are complete, `embedded` counts the texts that went through the encoder.
    """

    def __init__(self, connection: Connection, encoder: Callable[[], Encoder], size: int, progress: Progress) -> None:
        """`encoder` loads it when first called. `size` is what there is to read in all, in bytes, to tell the progress."""
        self._connection = connection
        self._encoder = encoder
        self._progress = progress
        self._size = size
        self._written = 0
        self.files: list[int] = []
        self.embedded = 0

    def take(self, files: Iterable[StagedFile]) -> Iterator[tuple[FileVersion, UnreadableError]]:
        """Take in files, but for their documents that are here already; what comes next is read while the last is embedded.

        Gives those of which nothing is taken in, as one of their documents is unreadable or there is none.
        """
        with closing(self._steps(files)) as read:
            for step in read:
                self._write(step)
                yield from step.unreadable

    def _steps(self, files: Iterable[StagedFile]) -> Generator[_Step, None, None]:
        read = _read(files, self._encoder)
        for step in read:
            # Only from here on beside: loading the encoder may change the index.
            if step.texts:
                yield from ahead(step, read)
            else:
                yield step

    def _write(self, step: _Step) -> None:
        """Embed what has no vector yet, then write what was read. No vector is made twice, no document is half there."""
        self._embed(step)
        self._written += step.size
        with sqlite.writing(self._connection):
            for edition, prepared in step.documents:
                write.add_document(self._connection, write.stage(self._connection, edition), edition, prepared)
            for edition in step.completed:
                file_id = write.stage(self._connection, edition)
                write.complete(self._connection, file_id)
                self.files.append(file_id)
        for edition, _ in step.unreadable:
            with sqlite.writing(self._connection):
                generations.unstage(self._connection, edition)

    def _embed(self, step: _Step) -> None:
        known = write.known_vectors(self._connection, step.texts)
        missing = [key for key in step.texts if key not in known]
        done = 0
        for keys in steps(missing):
            if not self.embedded:
                self._progress(0, self._size)
            texts = [step.texts[key] for key in keys]
            vectors = self._encoder().encode_documents([of.text for of in texts])
            with sqlite.writing(self._connection):
                write.add_vectors(self._connection, keys, vectors, [of.lost for of in texts])
            self.embedded += len(keys)
            done += len(keys)
            self._progress(min(self._size, self._written + step.size * done // len(missing)), self._size)


def steps(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The keys of texts, in equal parts of about as many as are embedded, and kept, at once."""
    given = list(keys)
    number = max(1, round(len(given) / _STEP))
    ends = [len(given) * n // number for n in range(number + 1)]
    yield from (given[start:end] for start, end in pairwise(ends) if end)


def new_documents(file: StagedFile) -> Iterator[Document]:
    """The documents of a file that are not here. Raises UnreadableError where it is unreadable or has none at all."""
    if file.is_complete:
        return
    number = 0
    for number, document in enumerate(file.documents, 1):
        if number > file.here:
            yield document
    if not number:
        raise UnreadableError("no document in it")


def _read(files: Iterable[StagedFile], encoder: Callable[[], Encoder]) -> Iterator[_Step]:
    step = _Step()
    for file in files:
        for size, found in _found(file):
            if isinstance(found, Document):
                step.take(file.edition, found, encoder())
            elif found is None:
                step.completed.append(file.edition)
            else:
                step.leave_out(file.edition, found)
            step.size += size
            if step.is_full():
                yield step
                step = _Step()
    yield step


def _found(file: StagedFile) -> Iterator[tuple[int, Document | UnreadableError | None]]:
    """The new documents of a file, then what makes it unreadable, or None; with each how many of the file's bytes that is."""
    unseen = file.edition.size
    try:
        for document in new_documents(file):
            size = min(unseen, len(document.text.encode()))
            unseen -= size
            yield size, document
    except UnreadableError as error:
        yield unseen, error
    else:
        # What a file holds besides text is not seen before its end.
        yield unseen, None
