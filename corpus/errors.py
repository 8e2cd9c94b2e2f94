"""The errors that a user caused and can mend."""


class AskdexError(Exception):
    """Something the user can mend; the message is one line that says what is wrong and what to do."""


class UnreadableError(AskdexError):
    """A file that cannot become a document; the message is the reason, in a few words."""


class RefusedError(UnreadableError):
    """A file that the system would not give, or that Askdex failed at; what is known of it stays as it is."""
