"""The errors of an index, a model or a request. Each message is one line that says what is wrong and what to do.

The tree, with the HTTP status that the server answers with:

    AskdexError                503  (askdex.corpus.errors)
      PatternError             503  (askdex.corpus.errors)
      AddressError             503  (askdex.corpus.errors)
      UnreadableError          503  (askdex.corpus.errors)
        RefusedError           503  (askdex.corpus.errors)
          FailedReadingError   503  (askdex.corpus.errors)
      MissingIndexError        503
      DamagedIndexError        503
      OlderIndexError          503
      NewerIndexError          503
      StorageError             503
      ForeignFolderError       503
      BusyIndexError           503
      ModelError               503
      MissingExtraError        501
      DocumentsError           503
      BrokenAnswersError       503
      RequestError             422
      SnapshotError            503
      EvaluationSetError       503
      QuestionLogError         503
      GoneGenerationError      409
      NotFoundError            404
      ChangedFileError         410

A 503 says that the server cannot answer now and that its owner can mend it; the same request may succeed later.
"""

from collections.abc import Sequence
from http import HTTPStatus

from askdex.corpus.errors import AskdexError
from askdex.corpus.types import Skipped


class MissingIndexError(AskdexError):
    """There is no index in the folder, or nothing has been indexed into it."""


class DamagedIndexError(AskdexError):
    """A file of the index is not what was written. Nothing is answered from it until it is repaired."""


class OlderIndexError(AskdexError):
    """The index has the format of an older Askdex, which `askdex migrate` can bring up to date."""


class NewerIndexError(AskdexError):
    """The index has the format of a newer Askdex, which this one cannot read."""


class StorageError(AskdexError):
    """The system does not let the index be read or written: a full disk, a missing right, a lock."""


class ForeignFolderError(AskdexError):
    """An index cannot be made in a folder that holds other things."""


class BusyIndexError(AskdexError):
    """Another process is changing the index."""


class ModelError(AskdexError):
    """The model cannot be loaded, or is not the one that the index was made with."""


class MissingExtraError(AskdexError):
    """The request needs an extra that is not installed."""


class DocumentsError(AskdexError):
    """A path that was named as documents holds none; `skipped` is what was left out of it."""

    def __init__(self, message: str, skipped: Sequence[Skipped] = ()) -> None:
        super().__init__(message)
        self.skipped = skipped


class BrokenAnswersError(AskdexError):
    """Questions that must be answered as they are would not be any more, if the documents were indexed."""


class RequestError(AskdexError):
    """A search cannot be answered as it was asked."""


class SnapshotError(AskdexError):
    """A snapshot cannot be written to a file, or an index restored from it."""


class EvaluationSetError(AskdexError):
    """A path that was named as an evaluation set is none."""


class QuestionLogError(AskdexError):
    """The log of what is asked cannot be read or written, or there is none."""


class GoneGenerationError(AskdexError):
    """The index no longer holds the generation that a query names."""


class NotFoundError(AskdexError):
    """The index holds no such document or passage."""


class ChangedFileError(AskdexError):
    """The file of a document is gone, or is not what was read."""


_STATUS: dict[type[Exception], HTTPStatus] = {
    RequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ChangedFileError: HTTPStatus.GONE,
    GoneGenerationError: HTTPStatus.CONFLICT,
    MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
    AskdexError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def http_status(error: type[AskdexError]) -> HTTPStatus:
    """The HTTP status of a class of errors: its own, or that of the class it is derived from."""
    return next(_STATUS[base] for base in error.__mro__ if base in _STATUS)
