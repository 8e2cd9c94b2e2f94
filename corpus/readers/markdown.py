"""Markdown with YAML front matter: rendered to HTML by a library, then read as HTML is."""

import re

import yaml
from markdown_it import MarkdownIt

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text import language
from askdex.corpus.types import Skipped

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# A key, or what goes on with the line above: an indented line, an item of a list, a comment, a closing bracket.
_KEYED_LINE = re.compile(r"[\w.-]+\s*:|[\s#\]}-]|$")
_LANGUAGE_KEYS = ("language", "lang")
# The library leaves out what is nested deeper than this; nothing may be left out.
_DEEPEST_NESTING = 10_000
# What is longer counts nothing, and Python would not write it in decimal; to read it takes the square of its length.
_LONGEST_NUMBER = 1_000


class _FrontMatterLoader(yaml.SafeLoader):
    """Without aliases: a few lines of them can stand for gigabytes, or for themselves. A number that is too long is text."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias, compose all else."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)

    def construct_whole_number(self, node: yaml.ScalarNode) -> int | str:
        """A whole number, or its digits where they are too many."""
        return super().construct_yaml_int(node) if len(node.value) <= _LONGEST_NUMBER else node.value


_FrontMatterLoader.add_constructor("tag:yaml.org,2002:int", _FrontMatterLoader.construct_whole_number)


def read_markdown(source: str) -> DocumentBuilder:
    """Read Markdown; front matter gives title (`title`), language (`language`, `lang`) and metadata (all else)."""
    source = source.replace("\r\n", "\n")
    given, body, left_out = _front_matter(source)
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST_NESTING}).enable(["table", "strikethrough"])
    title = " ".join(clean(str(given.pop("title", None) or "")).split())
    try:
        draft = read_html(renderer.render(body), title or None)
    except RecursionError:
        draft = read_plain(body)
        draft.title = title or draft.title
    tags = [language.normalise(_tag(given.pop(key, None))) for key in _LANGUAGE_KEYS]
    draft.language = next(filter(None, tags), draft.language)
    draft.metadata = clean_metadata(given)
    draft.left_out = left_out
    return draft


def _front_matter(source: str) -> tuple[dict[object, object], str, Skipped | None]:
    """The front matter, what follows it, and what is left out: front matter that is no valid YAML.

    What stands between two rules but has no key in each of its lines is text like any other.
    """
    match = _FRONT_MATTER.match(source)
    if match is None:
        return {}, source, None
    body = source[match.end() :]
    try:
        given = _FrontMatterLoader(match[1]).get_single_data()
    except Exception:  # a value that is not what its tag says raises what its conversion happens to raise
        is_meant = all(map(_KEYED_LINE.match, match[1].splitlines()))
        return ({}, body, Skipped("front matter", "not valid YAML")) if is_meant else ({}, source, None)
    return (given, body, None) if isinstance(given, dict) else ({}, source, None)


def _tag(value: object) -> str:
    """A language tag; YAML takes that of Norwegian for a truth value."""
    return "no" if value is False else str(value or "")
