"""Bringing new and changed files into the truth in steps of bounded size, unseen until a generation is made of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import apsw

from corpus.errors import UnreadableError
from corpus.passages import cut
from corpus.types import Document
from indexer import generations, sqlite, writing
from indexer.encoder import Encoder
from indexer.progress import Progress
from indexer.texts import Counted, texts_of
from indexer.writing import Edition, Prepared

_STEP = 512
"""Texts, about, that are embedded, and kept, at once; with them the memory that a run takes is bounded."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to embed, and how many of its tokens the encoder will not see."""

    text: str
    lost: int


@dataclass(slots=True)
class _Step:
    """What is read and not yet written: documents, files that are complete with them, the texts to embed by their keys.

    `size` is how much of what there is to read it holds, in bytes.
    """

    documents: list[tuple[Edition, Prepared]] = field(default_factory=list)
    completed: list[Edition] = field(default_factory=list)
    texts: dict[bytes, _Text] = field(default_factory=dict)
    size: int = 0


class Staging:
    """Takes files in; what it has written stays when the run is stopped, and the next run goes on from there.

    `files` are the ids of those that are complete, `embedded` counts the texts that went through the encoder.
    """

    def __init__(self, connection: apsw.Connection, encoder: Callable[[], Encoder], size: int, progress: Progress) -> None:
        """`encoder` loads it when first called. `size` is what there is to read in all, in bytes, to tell the progress."""
        self._connection = connection
        self._encoder = encoder
        self._progress = progress
        self._size = size
        self._written = 0
        self._step = _Step()
        self.files: list[int] = []
        self.embedded = 0

    def add(self, edition: Edition, documents: Iterable[Document]) -> None:
        """Take in a file, but for those of its documents that are here already.

        Raises UnreadableError where there are none, or one is unreadable; nothing of the file is taken in then.
        """
        here, is_complete = writing.documents_here(self._connection, edition)
        text_bytes = 0
        if not is_complete:
            try:
                text_bytes = self._take_all(edition, documents, here)
            except UnreadableError:
                self._step.documents = [(of, prepared) for of, prepared in self._step.documents if of != edition]
                generations.forget_staged(self._connection, edition)
                raise
        self._step.completed.append(edition)
        # What a file holds besides text is not seen before its end.
        self._step.size += max(0, edition.size - text_bytes)
        if len(self._step.completed) >= _STEP:
            self.write()

    def _take_all(self, edition: Edition, documents: Iterable[Document], here: int) -> int:
        """Take in all documents of a file but those that are here. Returns the bytes of their texts."""
        number = text_bytes = 0
        for number, document in enumerate(documents, 1):
            size = len(document.text.encode())
            text_bytes += size
            self._step.size += size
            if number > here:
                self._take(edition, document)
            if len(self._step.texts) >= _STEP:
                self.write()
        if not number:
            raise UnreadableError("no document in it")
        return text_bytes

    def write(self) -> None:
        """Embed what has no vector yet, then write what was read. No vector is made twice, no document is half there."""
        step, self._step = self._step, _Step()
        self._embed(step)
        self._written += step.size
        with sqlite.writing(self._connection):
            for edition, prepared in step.documents:
                writing.add_document(self._connection, writing.stage(self._connection, edition), edition, prepared)
            for edition in step.completed:
                file_id = writing.stage(self._connection, edition)
                writing.complete(self._connection, file_id)
                self.files.append(file_id)

    def _take(self, edition: Edition, document: Document) -> None:
        tokens = Counted(self._encoder())
        passages = cut(document, tokens)
        texts = [texts_of(document, passage, tokens) for passage in passages]
        keys = {text: writing.key_of(text) for some in texts for text in some}
        lost = [max(0, count - tokens.limit) for count in tokens.count(list(keys))]
        self._step.texts |= {key: _Text(text, n) for (text, key), n in zip(keys.items(), lost, strict=True)}
        weights = [{keys[text]: weight for text, weight in some.items()} for some in texts]
        self._step.documents.append((edition, Prepared(document, passages, weights)))

    def _embed(self, step: _Step) -> None:
        known = writing.known_vectors(self._connection, step.texts)
        missing = [key for key in step.texts if key not in known]
        done = 0
        for keys in steps(missing):
            if not self.embedded:
                self._progress(0, self._size)
            texts = [step.texts[key] for key in keys]
            vectors = self._encoder().encode_documents([of.text for of in texts])
            with sqlite.writing(self._connection):
                writing.add_vectors(self._connection, keys, vectors, [of.lost for of in texts])
            self.embedded += len(keys)
            done += len(keys)
            self._progress(min(self._size, self._written + step.size * done // len(missing)), self._size)


def steps(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The keys of texts, in equal parts of about as many as are embedded, and kept, at once."""
    given = list(keys)
    number = max(1, round(len(given) / _STEP))
    ends = [len(given) * n // number for n in range(number + 1)]
    yield from (given[start:end] for start, end in pairwise(ends) if end)
