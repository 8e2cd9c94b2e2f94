"""The pages of the guide, made from Markdown, and the search in them.

The search looks for words alone, and ranks by what they weigh. It takes no model and no index, so that the guide is there from
the first second on, and where an index cannot be opened. An index of the guide would take ten seconds to make and a place
on disk; whoever wants to ask it by meaning indexes its folder like any other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

from askdex.corpus.types import CELL_JOINT
from askdex.indexer.engine.analyzer import content_forms, terms
from askdex.indexer.engine.bm25 import idf

FOLDER = Path(__file__).parents[1] / "guide"
OVERVIEW = "README"
"""The name of the page that leads to all others."""

_SUFFIX = ".md"
_DEEPEST_HEADING = 3
_MOST_FOUND = 10
_IN_HEADINGS = 1.0
"""What a word in a heading counts more than one in the text, which counts from a half to 1, the more often it is there."""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a heading of a page; `units` are its paragraphs, items, rows and blocks of code, as plain text."""

    page: str
    page_title: str
    title: str
    anchor: str
    level: int
    units: Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the guide; `name` is that of its file without the suffix."""

    name: str
    title: str
    html: Markup
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class FoundSection:
    """A section that holds words of a question, and the unit of it that holds most."""

    section: Section
    unit: str


@cache
def guide_pages() -> Mapping[str, Page]:
    """All pages by their names."""
    renderer = _renderer()
    paths = sorted(FOLDER.glob(f"*{_SUFFIX}"))
    return {path.stem: _page(renderer, path.stem, path.read_text(encoding="utf-8")) for path in paths}


def found_sections(question: str) -> list[FoundSection]:
    """The sections that hold words of a question, the best first.

    The score of a section is the sum of what each word adds: idf * (tf / (tf + 1) + 1 where a heading above it has the word).
    """
    wanted = content_forms(question)
    sections = _indexed_sections()
    frequency = Counter(term for counts, _ in sections.values() for term in wanted if counts[term])
    weights = {term: idf(frequency[term], len(sections)) for term in wanted}
    scores = {
        section: sum(weights[term] * (counts[term] / (counts[term] + 1) + _IN_HEADINGS * (term in titles)) for term in wanted)
        for section, (counts, titles) in sections.items()
    }
    best = sorted((section for section, score in scores.items() if score), key=lambda section: -scores[section])
    return [FoundSection(section, _best_unit(section, weights)) for section in best[:_MOST_FOUND]]


@cache
def _indexed_sections() -> Mapping[Section, tuple[Counter[str], frozenset[str]]]:
    """How often each section holds each term, and which terms its heading and the title of its page have."""
    return {
        section: (Counter(terms(" ".join((*titles, *section.units)))), frozenset(terms(" ".join(titles))))
        for page in guide_pages().values()
        if page.name != OVERVIEW
        for section in page.sections
        for titles in [(page.title, section.title)]
    }


def _best_unit(section: Section, weights: Mapping[str, float]) -> str:
    """The first of the units whose words weigh most."""
    return max(section.units, key=lambda unit: sum(weights.get(term, 0) for term in set(terms(unit))), default="")


def _renderer() -> MarkdownIt:
    """A renderer in which HTML of a page is text, as links to other files are links to other pages."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").use(anchors_plugin, max_level=_DEEPEST_HEADING)
    renderer.core.ruler.push("pages", lambda state: _lead_to_pages(state.tokens))
    renderer.add_render_rule("table_open", _opened_table)
    renderer.add_render_rule("table_close", _closed_table)
    renderer.add_render_rule("fence", _code)
    return renderer


def _lead_to_pages(tokens: Sequence[Token]) -> None:
    """Let a link to the file `models.md` lead to the page `models`, which stands beside the page with the link."""
    for token in tokens:
        _lead_to_pages(token.children or ())
        if token.type == "link_open":
            path, hash_sign, anchor = str(token.attrs["href"]).partition("#")
            if path.endswith(_SUFFIX) and ":" not in path:
                name = path.removesuffix(_SUFFIX)
                token.attrs["href"] = ("./" if name == OVERVIEW else name) + hash_sign + anchor


def _opened_table(_self: Any, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType) -> str:  # noqa: ANN401
    """A table that is wider than the screen is moved by itself, with the keyboard too."""
    return '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n'


def _closed_table(_self: Any, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType) -> str:  # noqa: ANN401
    return "</table></div>\n"


def _code(_self: Any, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType) -> str:  # noqa: ANN401
    return f'<pre tabindex="0">{Markup.escape(tokens[at].content)}</pre>\n'


def _page(renderer: MarkdownIt, name: str, text: str) -> Page:
    tokens = renderer.parse(text)
    title = next(_text(tokens[at + 1]) for at, token in enumerate(tokens) if token.type == "heading_open")
    html = Markup(renderer.renderer.render(tokens, renderer.options, {}))  # noqa: S704  # made from files of this package
    return Page(name, title, html, tuple(_sections(name, title, tokens)))


def _sections(page: str, page_title: str, tokens: Sequence[Token]) -> Iterator[Section]:
    starts = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        heading = tokens[start]
        units = tuple(_units(tokens[start + 3 : end]))
        yield Section(page, page_title, _text(tokens[start + 1]), str(heading.attrs.get("id", "")), int(heading.tag[1]), units)


def _units(tokens: Sequence[Token]) -> Iterator[str]:
    """Each paragraph, item, row and block of code."""
    cells: list[str] = []
    is_row = False
    for token in tokens:
        if token.type == "tr_open":
            is_row = True
        elif token.type == "tr_close":
            yield CELL_JOINT.join(cells)
            cells, is_row = [], False
        elif token.type == "inline" and is_row:
            cells.append(_text(token))
        elif token.type == "inline":
            yield _text(token)
        elif token.type == "fence":
            yield token.content.rstrip("\n")


def _text(inline: Token) -> str:
    """The text of an inline token without its marks."""
    return "".join(" " if child.type == "softbreak" else child.content for child in inline.children or ())
