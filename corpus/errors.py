"""The base of all errors that a user can mend, and the errors of reading documents.

`askdex.indexer.errors` shows the whole tree.
"""


class AskdexError(Exception):
    """Something is wrong that the user can mend. The message is one line that says what is wrong and what to do."""


class PatternError(AskdexError):
    """A pattern of files to leave out cannot be understood."""


class AddressError(AskdexError):
    """What was named as the address of a site, or as a host, is none that can be fetched from."""


class UnreadableError(AskdexError):
    """A file cannot be made into a document. The message is the reason, in a few words."""


class RefusedError(UnreadableError):
    """The system did not give a file, or reading it failed; what the index holds of that file stays as it is."""


class FailedReadingError(RefusedError):
    """Askdex failed to read a file, or would have needed too much for it. It is not tried again until the file changes."""
