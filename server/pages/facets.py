"""What narrows the results down: the facets beside them, and the filter that the address of a page holds."""

from collections.abc import Sequence
from typing import NamedTuple

from askdex.corpus.readers.registry import FORMATS
from askdex.indexer.types import Facet, Filter, Range
from askdex.server.pages.texts import text

_FORMATS = {each.name: each.label for each in FORMATS}
_LANGUAGES = {
    "ar": "العربية",
    "cs": "Čeština",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}
"""Languages by their own names, which are the same in every language of the pages; others are shown by their codes."""


class Choice(NamedTuple):
    """A value that may be chosen, with its number of documents, or taken back; `chosen` is all that is chosen after that."""

    label: str
    chosen: list[str]
    documents: int | None = None


class ShownFacet(NamedTuple):
    """A key with the values that may be chosen."""

    name: str
    choices: list[Choice]


def filter_of(chosen: Sequence[str]) -> Filter:
    """The filter of an address: for each key, as in "folder:cards", its value; that of `updated` is a year."""
    return {key: Range(value, value) if key == "updated" else value for key, value in map(_pair, chosen)}


def taken(chosen: Sequence[str]) -> list[Choice]:
    """What is chosen, with what is left of it once each is taken back."""
    pairs = dict(map(_pair, chosen)).items()
    return [Choice(f"{key_name(key)}: {value_label(key, value)}", _without(chosen, key)) for key, value in pairs]


def shown_facets(facets: Sequence[Facet], chosen: Sequence[str]) -> list[ShownFacet]:
    """The values of each key that may be chosen; a value takes the place of the one that is chosen."""
    at = dict(map(_pair, chosen))
    shown = (ShownFacet(key_name(facet.key), _choices(facet, chosen, at.get(facet.key))) for facet in facets)
    return [facet for facet in shown if facet.choices]


def _choices(facet: Facet, chosen: Sequence[str], current: str | None) -> list[Choice]:
    others = _without(chosen, facet.key)
    return [
        Choice(value_label(facet.key, _last(facet.key, value)), [*others, f"{facet.key}:{value}"], documents)
        for value, documents in facet.values
        if _is_offered(facet.key, value, current)
    ]


def _is_offered(key: str, value: str, current: str | None) -> bool:
    """Whether a value can be chosen: it is not yet, and a folder lies right in the one that is."""
    if key == "folder":
        return value.rpartition("/")[0].casefold() == (current or "").casefold()
    return value.casefold() != (current or "").casefold()


def _last(key: str, value: str) -> str:
    """A value without what is chosen already: the folders around a folder."""
    return value.rpartition("/")[2] if key == "folder" else value


def _without(chosen: Sequence[str], key: str) -> list[str]:
    return [each for each in chosen if _pair(each)[0] != key]


def _pair(chosen: str) -> tuple[str, str]:
    key, _, value = chosen.partition(":")
    return key, value


def key_name(key: str) -> str:
    """What a key of a facet is called; that of metadata as documents have it."""
    names = {"folder": text("Folder"), "format": text("Kind of file"), "language": text("Language"), "updated": text("Year")}
    return names.get(key) or (key[:1].upper() + key[1:]).replace("_", " ")


def value_label(key: str, value: str) -> str:
    """What the value of a key is called."""
    if key == "language":
        return text("Not known") if value == "und" else _LANGUAGES.get(value, value)
    return _FORMATS.get(value, value) if key == "format" else value
