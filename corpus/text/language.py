"""Detecting the language of a text."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNDETERMINED = "und"
"""The code of ISO 639-2 for a language that is not known."""
_FEWEST_LETTERS = 16
"""A shorter text, such as a name or a number, could be of many languages."""
_LEAST_PROBABILITY = 0.8
"""A wrong language costs more than none: a filter by language would leave the document out."""
_SAMPLE = 1_500
"""Characters that the detector reads: its time grows with them, and a page is enough to tell a language."""
_LANGUAGE_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][^\W_]+)*")


@cache
def load_detector() -> LanguageIdentifier:
    """Load the detector. Raises OSError where the library finds no room for its temporary file."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str) -> str:
    """The ISO 639-1 code of the text's language; "und" where the text is too short or the guess too weak."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _FEWEST_LETTERS:
        return UNDETERMINED
    language, probability = load_detector().classify(sample)
    return str(language) if probability >= _LEAST_PROBABILITY else UNDETERMINED


def normalise(tag: str | None) -> str | None:
    """The primary part of a language tag ("en-GB" is "en"), or None where the tag is not one."""
    match = _LANGUAGE_TAG.fullmatch(tag.strip()) if tag else None
    return match[1].lower() if match else None
