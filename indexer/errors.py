"""What can be wrong with an index, a model or a request; each message is one line that says what to do."""

from askdex.corpus.errors import AskdexError


class MissingIndexError(AskdexError):
    """There is no index where one was looked for."""


class DamagedIndexError(AskdexError):
    """The index is not what was written; nothing is answered from it until it is mended."""


class OlderIndexError(AskdexError):
    """The index was made by an Askdex that wrote another format."""


class NewerIndexError(AskdexError):
    """The index was made by a newer Askdex, in a format that this one cannot read."""


class StorageError(AskdexError):
    """The system does not let the index be read or written: a full disk, a missing right, a lock."""


class ForeignFolderError(AskdexError):
    """A folder that an index was to be made in holds other things."""


class BusyIndexError(AskdexError):
    """Another process is changing the index."""


class ModelError(AskdexError):
    """The model cannot be loaded, or is not the one that the index was made with."""


class MissingExtraError(AskdexError):
    """What was asked for needs an extra that is not installed."""


class DocumentsError(AskdexError):
    """What was named as documents holds none."""


class RequestError(AskdexError):
    """A search that cannot be answered as it was asked."""


class SnapshotError(AskdexError):
    """A file that an index cannot be kept in, or brought back from."""


class EvaluationSetError(AskdexError):
    """What was named as an evaluation set is none."""


class GoneGenerationError(AskdexError):
    """The state of the index that was asked for is not held any more."""


class NotFoundError(AskdexError):
    """The index holds no such document or passage."""
