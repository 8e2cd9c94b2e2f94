"""Markdown in the dialects of wikis, notes and generators of pages: it is rendered to HTML, which is then read.

Front matter is parted from the text (`front_matter`). What a dialect adds becomes HTML: tags of components and templates
(`tags`), containers of lines (`containers`), headings (`headings`), and marks within a text (`marks`).
"""

import re

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.html.templates import without_template_tags
from askdex.corpus.readers.markdown.containers import with_containers
from askdex.corpus.readers.markdown.front_matter import split_front_matter
from askdex.corpus.readers.markdown.headings import headings_plugin
from askdex.corpus.readers.markdown.marks import marks_plugin
from askdex.corpus.readers.markdown.references import References
from askdex.corpus.readers.markdown.tags import without_tags
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text import language

_LANGUAGE_KEYS = ("language", "lang")
_TYPESETTING_KEYS = frozenset("header-includes include-before include-after geometry papersize fontsize mainfont".split())
"""Keys that say how Pandoc prints the page."""
_PICTURE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")
_DEEPEST_NESTING = 10_000
"""Levels. The library leaves out text that is nested deeper, by default below 20 levels; no text may be lost."""


def read_markdown(source: str) -> DocumentBuilder:
    """Read Markdown; front matter gives title (`title`), language (`language`, `lang`) and metadata (all else)."""
    return _read(source, is_mdx=False)


def read_mdx(source: str) -> DocumentBuilder:
    """Read MDX, in which braces hold code of a program and an indent means nothing."""
    return _read(source, is_mdx=True)


def _read(source: str, *, is_mdx: bool) -> DocumentBuilder:
    source = source.replace("\r\n", "\n")
    front_matter, body, left_out = split_front_matter(source)
    title = " ".join(clean(str(front_matter.pop("title", None) or "")).split())
    text, has_components = without_tags(body, is_mdx=is_mdx)
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST_NESTING}).enable(["table", "strikethrough"])
    renderer.use(deflist_plugin).use(headings_plugin).use(marks_plugin)
    has_components |= is_mdx
    if has_components:
        renderer.disable("code")
    try:
        page = renderer.render(with_containers(text, has_components=has_components), {"references": References(len(text))})
        # All that stands in Markdown is its own: a list of links is no menu of a page.
        builder = read_html(f"<main>{page}</main>", title or None)
    except RecursionError:
        builder = read_plain(body)
        builder.title = title or builder.title
    tags = [language.normalise(_tag(front_matter.pop(key, None))) for key in _LANGUAGE_KEYS]
    builder.language = next(filter(None, tags), builder.language)
    builder.metadata = clean_metadata({key: value for key, value in front_matter.items() if _is_said(key, value)})
    builder.left_out = left_out
    return builder


def _is_said(key: object, value: object) -> bool:
    """Whether a value of front matter says something of the page; a placeholder, a picture and typesetting say nothing."""
    if key in _TYPESETTING_KEYS:
        return False
    if not isinstance(value, str):
        return True
    said = _PICTURE.sub("", without_template_tags(value))
    return said == value or any(map(str.isalnum, said))


def _tag(value: object) -> str:
    """A language tag; YAML reads that of Norwegian, "no", as false."""
    return "no" if value is False else str(value or "")
