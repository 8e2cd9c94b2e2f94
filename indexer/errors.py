"""What can be wrong with an index, a model or a request; each message is one line that says what to do."""

from corpus.errors import AskdexError


class MissingIndexError(AskdexError):
    """There is no index where one was looked for."""


class DamagedIndexError(AskdexError):
    """The index cannot be read, and nothing intact is left to mend it from."""


class BusyIndexError(AskdexError):
    """Another process is changing the index."""


class ModelError(AskdexError):
    """The model cannot be loaded, or is not the one that the index was made with."""


class DocumentsError(AskdexError):
    """What was named as documents holds none."""


class RequestError(AskdexError):
    """A search that cannot be answered as it was asked."""


class NotFoundError(AskdexError):
    """The index holds no such document or passage."""
