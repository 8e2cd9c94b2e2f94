"""Markdown with YAML front matter: it is rendered to HTML, which is then read."""

import re

import yaml
from markdown_it import MarkdownIt

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text import language
from askdex.corpus.types import Skipped

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# A line of YAML: a key, or a line that belongs to the one above (indented, list item, comment, closing bracket).
_YAML_LINE = re.compile(r"[\w.-]+\s*:|[\s#\]}-]|$")
_LANGUAGE_KEYS = ("language", "lang")
_DEEPEST_NESTING = 10_000
"""Levels. The library leaves out text that is nested deeper, by default below 20 levels; no text may be lost."""
_LONGEST_NUMBER = 1_000
"""Digits. Parsing takes the square of their number, and Python does not print integers of more than 4,300."""


class _FrontMatterLoader(yaml.SafeLoader):
    """A safe loader that refuses aliases: a few lines of them can expand to gigabytes. A number that is too long is text."""

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
    front_matter, body, left_out = _front_matter(source)
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST_NESTING}).enable(["table", "strikethrough"])
    title = " ".join(clean(str(front_matter.pop("title", None) or "")).split())
    try:
        builder = read_html(renderer.render(body), title or None)
    except RecursionError:
        builder = read_plain(body)
        builder.title = title or builder.title
    tags = [language.normalise(_tag(front_matter.pop(key, None))) for key in _LANGUAGE_KEYS]
    builder.language = next(filter(None, tags), builder.language)
    builder.metadata = clean_metadata(front_matter)
    builder.left_out = left_out
    return builder


def _front_matter(source: str) -> tuple[dict[object, object], str, Skipped | None]:
    """The front matter, the text below it, and a note where front matter is left out, as it is no valid YAML.

    Lines between two rules that do not even look like YAML are text.
    """
    match = _FRONT_MATTER.match(source)
    if match is None:
        return {}, source, None
    body = source[match.end() :]
    try:
        values = _FrontMatterLoader(match[1]).get_single_data()
    except Exception:  # a value that does not fit its YAML tag raises whatever its conversion raises
        is_meant = all(map(_YAML_LINE.match, match[1].splitlines()))
        return ({}, body, Skipped("front matter", "not valid YAML")) if is_meant else ({}, source, None)
    return (values, body, None) if isinstance(values, dict) else ({}, source, None)


def _tag(value: object) -> str:
    """A language tag; YAML reads that of Norwegian, "no", as false."""
    return "no" if value is False else str(value or "")
