"""Front matter: what stands above the text of a page in YAML, TOML or JSON."""

import json
import re
import tomllib
from collections.abc import Iterator

import yaml

from askdex.corpus.types import Skipped

_YAML = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"---(toml|json|yaml)[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
"""Front matter behind whose first dashes its language stands, as gray-matter has it."""
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCED_JSON = re.compile(r";;;[ \t]*\n(.*?)^;;;[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"[\w.-]+\s*:|[\s#\]}-]|$")
"""A line of YAML: a key, or a line that belongs to the one above (indented, list item, comment, closing bracket)."""
_KEY = re.compile(r"([\w.-]+)\s*:(?!//)\s*")
_QUOTED = re.compile(r"([\"']).*\1")
_OPEN_BRACKET = re.compile(r"\[[^\]]*$|\{[^}]*$")
_MARKS_OF_YAML = ("!", "&", "*")
"""What tags, anchors and aliases begin with; a value with one that cannot be read is no text."""
_LONGEST_NUMBER = 1_000
"""Digits. Parsing takes the square of their number, and Python does not print integers of more than 4,300."""
_LONGEST_LENIENT = 65_536
"""Characters of front matter that is read line by line."""
_LONGEST_JSON = 65_536
"""Characters of front matter in JSON, which stands in no fence: a longer object is data."""

_NAMED_MARKS = {"toml": "+++", "json": ";;;", "yaml": "---"}
"""By the language that front matter may name, between what it stands otherwise."""

FrontMatter = tuple[dict[object, object], str, Skipped | None]
"""The values, the text below them, and what was left out."""


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses aliases: a few lines of them can expand to gigabytes. A number that is too long is text."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias, compose all else."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)

    def construct_whole_number(self, node: yaml.ScalarNode) -> int | str:
        """A whole number, or its digits where they are too many."""
        return super().construct_yaml_int(node) if len(node.value) <= _LONGEST_NUMBER else node.value


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_whole_number)


def split_front_matter(source: str) -> FrontMatter:
    """Part a page's front matter from its text. Lines between two rules that do not even look like YAML are text."""
    if match := _YAML.match(source):
        return _from_yaml(source, match)
    if match := _NAMED.match(source):
        mark = _NAMED_MARKS[match[1]]
        found = split_front_matter(f"{mark}\n{match[2]}{mark}\n{source[match.end() :]}")
        return found if found[0] or found[2] else ({}, source, None)
    if match := _TOML.match(source):
        return _from_toml(source, match)
    if source.startswith("{") and not source.startswith(("{{", "{%")):
        return _from_json(source)
    if (match := _FENCED_JSON.match(source)) and (found := _from_json(match[1]))[0]:
        return found[0], source[match.end() :], None
    return {}, source, None


def _from_yaml(source: str, match: re.Match[str]) -> FrontMatter:
    body = source[match.end() :]
    try:
        values = _Loader(match[1]).get_single_data()
        if isinstance(values, str) and all(map(_KEY.match, match[1].splitlines())):
            raise yaml.YAMLError("keys without a blank behind the colon")
    except Exception:  # a value that does not fit its YAML tag raises whatever its conversion raises
        if not all(map(_LINE.match, match[1].splitlines())):
            return {}, source, None
        if len(match[1]) > _LONGEST_LENIENT:
            return {}, body, Skipped("front matter", "not valid YAML")
        values, left_out = _line_by_line(match[1])
        reason = f"not valid YAML: {', '.join(left_out)}"
        return values, body, Skipped("front matter", reason) if left_out else None
    return (values, body, None) if isinstance(values, dict) else ({}, source, None)


def _line_by_line(text: str) -> tuple[dict[object, object], list[str]]:
    """The values of keys that are right by themselves, or whose value can only be a text; and the keys of all others.

    "title: Backups: how we do them" is no valid YAML, but nobody mistakes what is meant.
    """
    values: dict[object, object] = {}
    left_out = []
    for key, entry in _entries(text):
        try:
            value = _Loader(entry).get_single_data()
        except Exception:  # as above
            value = None
        if isinstance(value, dict):
            values |= value
        elif (words := _KEY.sub("", entry, count=1).strip()) and "\n" not in words and _is_text(words):
            values[key] = words[1:-1] if _QUOTED.fullmatch(words) else words
        else:
            left_out.append(key)
    return values, left_out


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """The keys that stand at the margin, each with its lines."""
    key, lines = "", list[str]()
    for line in text.splitlines():
        if match := _KEY.match(line):
            if key:
                yield key, "\n".join(lines)
            key, lines = match[1], []
        lines.append(line)
    if key:
        yield key, "\n".join(lines)


def _is_text(words: str) -> bool:
    return not words.startswith(_MARKS_OF_YAML) and not _OPEN_BRACKET.match(words)


def _from_toml(source: str, match: re.Match[str]) -> FrontMatter:
    body = source[match.end() :]
    try:
        return dict[object, object](tomllib.loads(match[1]).items()), body, None
    except (ValueError, RecursionError):
        return {}, body, Skipped("front matter", "not valid TOML")


def _from_json(source: str) -> FrontMatter:
    """Front matter in JSON is an object that the page begins with; other text that begins with a brace is text."""
    try:
        values, end = json.JSONDecoder().raw_decode(source[:_LONGEST_JSON])
    except (ValueError, RecursionError):
        return {}, source, None
    is_alone = not source[end:].partition("\n")[0].strip()
    return (values, source[end:], None) if is_alone and isinstance(values, dict) else ({}, source, None)
