"""Which language a text is in."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNDETERMINED = "und"
_ENOUGH_LETTERS = 16
_SURE = 0.8
_SAMPLE = 1_500
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][^\W_]+)*")


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str) -> str:
    """The ISO 639-1 code of the text's language, "und" where the text is too short or the guess too weak."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _ENOUGH_LETTERS:
        return UNDETERMINED
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _SURE else UNDETERMINED


def normalise(tag: str | None) -> str | None:
    """The primary part of a language tag ("en-GB" is "en"), or None where the tag is not one."""
    match = _TAG.fullmatch(tag.strip()) if tag else None
    return match[1].lower() if match else None
