"""Errors that a user can mend.

AskdexError
└── UnreadableError      the file is at fault
    └── RefusedError     the system or Askdex is at fault
"""


class AskdexError(Exception):
    """An error that the user can mend; its message is one line that says what is wrong and what to do."""


class UnreadableError(AskdexError):
    """Raised where a file cannot become a document; the message is the reason in a few words."""


class RefusedError(UnreadableError):
    """Raised where the system did not open a file or Askdex failed on it; what the index holds of that file is kept."""
