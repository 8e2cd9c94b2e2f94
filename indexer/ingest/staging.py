"""Bringing new and changed files into the index, in steps of bounded size; none is seen before a generation has it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import numpy as np

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import CutDocument
from askdex.indexer.ingest.elsewhere import Elsewhere
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.models import token_models
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.token_models import EncoderTokens, TokenModel
from askdex.indexer.store import commits, generations, states, tokens, write
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.write import FileVersion, PreparedDocument
from askdex.indexer.types import Vectors

_Thing = TypeVar("_Thing")

_STEP = 512
"""About how many texts are embedded and written at once. It bounds the memory of a run, and the work lost when it stops."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file to take in, with those of its documents that the index does not have yet, in order.

    `known_documents` is the number of those that it has already.
    """

    file: FileVersion
    documents: Iterable[CutDocument]
    known_documents: int = 0


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to embed, how many of its tokens the encoder will not see, and its document's language.

    `is_passage` is whether it is a whole passage, whose tokens may be kept too.
    """

    text: str
    tokens_lost: int
    language: str
    is_passage: bool


@dataclass(slots=True)
class _Step:
    """What was read and is not written yet: documents, files that end with them or cannot be read, texts to embed by key.

    `size` is the part of all bytes to read that this is.
    """

    documents: list[tuple[FileVersion, PreparedDocument]] = field(default_factory=list)
    completed: list[FileVersion] = field(default_factory=list)
    unreadable: list[tuple[FileVersion, UnreadableError]] = field(default_factory=list)
    texts: dict[bytes, _Text] = field(default_factory=dict)
    size: int = 0

    def is_full(self) -> bool:
        return max(len(self.texts), len(self.completed)) >= _STEP

    def add(self, file: FileVersion, cut: CutDocument) -> None:
        """Note a document, and the texts to embed for its passages."""
        texts = [text for its_texts in cut.texts for text in its_texts]
        keys = {text.text: write.text_key(text.text) for text in texts}
        passages, language = {its_texts[0].text for its_texts in cut.texts}, cut.document.language
        self.texts |= {keys[text.text]: _Text(text.text, text.tokens_lost, language, text.text in passages) for text in texts}
        weights_by_key = [{keys[text.text]: text.weight for text in its_texts} for its_texts in cut.texts]
        self.documents.append((file, PreparedDocument(cut.document, cut.passages, weights_by_key)))

    def leave_out(self, file: FileVersion, error: UnreadableError) -> None:
        """Drop the documents of a file that turned out to be unreadable."""
        self.documents = [(other, prepared) for other, prepared in self.documents if other != file]
        self.unreadable.append((file, error))


class Staging:
    """Takes files in. What it has written stays when the run is stopped, and the next run goes on from there.

    `files` are the ids of those that are complete, `embedded` counts the texts that went through the encoder.
    """

    def __init__(
        self,
        connection: Connection,
        encoder: Callable[[], Encoder],
        size: int,
        progress: Progress,
        token_model: Callable[[], TokenModel | None] = lambda: None,
        elsewhere: Callable[[], Elsewhere] | None = None,
    ) -> None:
        """`encoder` and `token_model` load them when first called. `size` is the number of bytes to read, for the progress.

        With `elsewhere`, texts are embedded on other machines.
        """
        self._elsewhere = elsewhere
        self._connection = connection
        self._token_model = token_model
        self._encoder = encoder
        self._progress = progress
        self._size = size
        self._written = 0
        self.files: list[int] = []
        self.embedded = 0

    def take(self, files: Iterable[StagedFile]) -> Iterator[tuple[FileVersion, UnreadableError]]:
        """Take in files, except documents that are here already; the next step is read while the last is embedded.

        Gives the files that are left out whole, because one of their documents is unreadable or they have none.
        """
        with closing(self._steps(files)) as steps_read:
            for step in steps_read:
                self._write(step)
                yield from step.unreadable

    def _steps(self, files: Iterable[StagedFile]) -> Generator[_Step, None, None]:
        steps_read = _read(files)
        for step in steps_read:
            # In another thread only from here on: loading the encoder may change the index.
            if step.texts:
                yield from ahead(step, steps_read)
            else:
                yield step

    def _write(self, step: _Step) -> None:
        """Embed the texts that have no vector yet, then write all in one transaction: no document is ever stored in part."""
        self._embed(step)
        self._written += step.size
        with commits.writing(self._connection):
            for file, prepared in step.documents:
                file_id = write.stage(self._connection, file.stored)
                write.add_document(self._connection, file_id, file, prepared)
            for file in step.completed:
                file_id = write.stage(self._connection, file.stored)
                write.complete_file(self._connection, file_id)
                self.files.append(file_id)
        for file, _ in step.unreadable:
            with commits.writing(self._connection):
                generations.unstage(self._connection, file.stored)

    def _embed(self, step: _Step) -> None:
        known = write.known_vectors(self._connection, step.texts)
        missing = [key for key in step.texts if key not in known]
        done = 0
        for keys in steps(missing):
            if not self.embedded:
                self._progress(0, self._size)
            vectors, codes = self._encoded(step, keys)
            with commits.writing(self._connection):
                tokens_lost = [step.texts[key].tokens_lost for key in keys]
                # Workers are refused that have another runtime.
                write.add_vectors(self._connection, keys, vectors, tokens_lost, self._encoder().runtime.name)
                tokens.add_codes(self._connection, codes)
            self._add_codes(step, keys)
            self.embedded += len(keys)
            done += len(keys)
            self._progress(min(self._size, self._written + step.size * done // len(missing)), self._size)
        self._add_codes(step, known)

    def _encoded(self, step: _Step, keys: Sequence[bytes]) -> tuple[Vectors, dict[bytes, bytes]]:
        """The vectors of these texts, of shape (n, dimension), and the codes of tokens that the encoder gives with them."""
        with_tokens = self._texts_with_tokens(step, keys)
        if self._elsewhere is not None:
            return self._elsewhere().embedded({key: step.texts[key].text for key in keys}, with_tokens)
        model = self._token_model() if with_tokens else None
        if not isinstance(model, EncoderTokens):
            return self._encoder().encode_documents([step.texts[key].text for key in keys]), {}
        vectors, codes = model.vectors_and_codes(list(with_tokens.values()))
        vector_of = dict(zip(with_tokens, vectors, strict=True))
        others = [key for key in keys if key not in with_tokens]
        if others:
            other_vectors = self._encoder().encode_documents([step.texts[key].text for key in others])
            vector_of |= zip(others, other_vectors, strict=True)
        return np.array([vector_of[key] for key in keys]), dict(zip(with_tokens, codes, strict=True))

    def _add_codes(self, step: _Step, keys: Iterable[bytes]) -> None:
        """Keep the codes of the tokens of those of these texts that are to have some and have none yet."""
        with_tokens = self._texts_with_tokens(step, keys)
        model = self._token_model() if with_tokens else None
        if model is not None:
            add_missing_codes(self._connection, model, with_tokens)

    def _texts_with_tokens(self, step: _Step, keys: Iterable[bytes]) -> dict[bytes, str]:
        """Those of these texts that are to have codes of tokens: passages in a language that the model reads."""
        kind = token_models.kind_for(states.model(self._connection).name)
        if kind is None:
            return {}
        texts = {key: step.texts[key] for key in keys}
        return {key: text.text for key, text in texts.items() if text.is_passage and kind.reads(text.language)}


def add_missing_codes(connection: Connection, model: TokenModel, texts: Mapping[bytes, str]) -> None:
    """Keep the codes of the tokens of texts, by the keys of their vectors, where they have none yet."""
    with_codes = tokens.with_codes(connection, texts)
    missing = [key for key in texts if key not in with_codes]
    if missing:
        codes = model.passages([texts[key] for key in missing])
        with commits.writing(connection):
            tokens.add_codes(connection, dict(zip(missing, codes, strict=True)))


def steps(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The keys of texts in equal parts, each of about as many as are embedded and written at once."""
    all_keys = list(keys)
    number = max(1, round(len(all_keys) / _STEP))
    ends = [len(all_keys) * n // number for n in range(number + 1)]
    yield from (all_keys[start:end] for start, end in pairwise(ends) if end)


def ahead(first: _Thing, rest: Iterator[_Thing]) -> Generator[_Thing, None, None]:
    """The first and the rest, each made in another thread while the caller works on the one before.

    Raises what making them raises, after the one before.
    """
    # Reading holds the interpreter's lock, embedding mostly does not: the two overlap.
    with ThreadPoolExecutor(1) as executor:
        thing: _Thing | None = first
        while thing is not None:
            upcoming = executor.submit(next, rest, None)
            yield thing
            thing = upcoming.result()


def _read(files: Iterable[StagedFile]) -> Iterator[_Step]:
    step = _Step()
    for staged in files:
        for size, outcome in _outcomes(staged):
            if isinstance(outcome, CutDocument):
                step.add(staged.file, outcome)
            elif outcome is None:
                step.completed.append(staged.file)
            else:
                step.leave_out(staged.file, outcome)
            step.size += size
            if step.is_full():
                yield step
                step = _Step()
    yield step


def _outcomes(staged: StagedFile) -> Iterator[tuple[int, CutDocument | UnreadableError | None]]:
    """The new documents of a file, then the error that makes it unreadable, or None at its end.

    Each comes with the bytes of the file that it accounts for: those of a document's text, and at the end all that remain.
    """
    remaining = staged.file.item.size
    number = staged.known_documents
    try:
        for cut in staged.documents:
            number += 1
            size = min(remaining, len(cut.document.text.encode()))
            remaining -= size
            yield size, cut
        require_any_document(number)
    except UnreadableError as error:
        yield remaining, error
    else:
        yield remaining, None


def require_any_document(number: int) -> None:
    """Raise UnreadableError where a file has no documents."""
    if not number:
        raise UnreadableError("no document in it")
