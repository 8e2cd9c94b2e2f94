"""From the nodes of a text in LaTeX, as pylatexenc parses it, to HTML. A paragraph ends where the next element begins."""

import html
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from askdex.corpus.errors import UnreadableError
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

if TYPE_CHECKING:
    from pylatexenc.latexwalker import LatexNode

_LEVELS = {
    "part": 1,
    "chapter": 2,
    "section": 3,
    "subsection": 4,
    "subsubsection": 5,
    "paragraph": 6,
    "subparagraph": 7,
    "frametitle": 5,
    "framesubtitle": 6,
    "addchap": 2,
    "addsec": 3,
}
"""The levels of headings where there are chapters; else all of them are one less."""
_DROPPED = frozenset(
    "label ref eqref pageref autoref cref Cref cite citep citet citeauthor citeyear nocite input include includegraphics "
    "bibliography bibliographystyle vspace hspace setlength addtolength setcounter addtocounter usepackage documentclass "
    "newtheorem theoremstyle pagestyle thispagestyle pagenumbering hypersetup graphicspath geometry color definecolor "
    "newenvironment renewenvironment tableofcontents listoffigures listoftables maketitle newcolumntype rowcolor cellcolor "
    "columnwidth arraystretch let newlength newcounter index glossary thanks phantom vskip hskip fontsize selectfont "
    "addcontentsline markboth todo lstset includepdf usetikzlibrary bibitem printbibliography rule setbeamertemplate "
    "usetheme institute raisebox captionsetup makeatletter makeatother RequirePackage ProvidesPackage footnotemark".split()
)
"""Macros that show nothing of the text, with what they are given."""
_UNSHOWN = frozenset(("tikzpicture", "pgfpicture", "picture", "pspicture", "axis", "filecontents", "CCSXML"))
"""Environments that hold pictures, and data for programs."""
_LISTS = {"itemize": "ul", "enumerate": "ol", "description": "dl", "compactitem": "ul", "compactenum": "ol"}
_TABLES = frozenset("tabular tabular* tabularx tabulary longtable longtabu tabu supertabular NiceTabular tblr".split())
_MATHS = frozenset("subequations math displaymath multline gather align equation eqnarray alignat flalign split".split())
_TITLED = frozenset(("frame", "block", "alertblock", "exampleblock"))
"""Environments of slides, which are followed by their title."""
_ARGUMENTS = {
    "href": "{{",
    "multicolumn": "{{{",
    "captionof": "*{[{",
    "hyperref": "[{",
    "caption": "*[{",
    "paragraph": "*[{",
    "subparagraph": "*[{",
    "multirow": "[{[{[{",
    "frametitle": "{",
    "framesubtitle": "{",
    "resizebox": "*{{{",
    "scalebox": "{{",
    "parbox": "[[[{{",
    "makecell": "[{",
    "thanks": "{",
    "author": "[{",
    "title": "[{",
    "date": "[{",
    "institute": "[{",
    "newtheorem": "*{[{[",
    "hypersetup": "{",
    "index": "{",
    "autoref": "*{",
    "cref": "*{",
    "Cref": "*{",
    "rowcolor": "[{",
    "cellcolor": "[{",
    "fontsize": "{{",
    "addcontentsline": "{{{",
    "markboth": "{{",
    "todo": "[{",
    "lstset": "{",
    "bibitem": "[{",
    "rule": "[{{",
    "raisebox": "{[[{",
    "colorbox": "[{{",
    "newacronym": "[{{{",
    "setbeamertemplate": "{[",
    "usetheme": "[{",
    "includegraphics": "*[[{",
    "captionsetup": "[{",
    "item": "[",
    "askdexprogram": "{",
    "definecolor": "{{{",
    "vskip": "",
    "footnotemark": "[",
    "footnotetext": "[{",
    "addchap": "*[{",
    "addsec": "*[{",
    "subcaption": "[{",
    "enquote": "*{",
    "textsuperscript": "{",
    "textsubscript": "{",
    "mbox": "{",
    "url": "{",
    "path": "{",
}
"""What macros are given that the library does not know, or knows otherwise: in braces, in brackets, or as a star."""
_ENVIRONMENT_ARGUMENTS = {
    "longtable": "[{",
    "tabulary": "{{",
    "tabu": "{",
    "longtabu": "{",
    "supertabular": "{",
    "tblr": "[{",
    "minipage": "[[[{",
    "wrapfigure": "[{[{",
    "wraptable": "[{[{",
    "subfigure": "[{",
    "subtable": "[{",
    "multicols": "{",
    "CJK": "{{",
    "CJK*": "{{",
    "thebibliography": "{",
    "frame": "[",
    "adjustbox": "{",
    "itemize": "[",
    "enumerate": "[",
    "description": "[",
    "figure*": "[",
    "table*": "[",
    "list": "{{",
}
_NEW_COMMANDS = ("newcommand", "renewcommand", "providecommand", "newcommand*", "DeclareMathOperator")
_ACCENTS = frozenset("c v u H r k d b t".split())
"""Macros of one letter that put an accent on another."""
_LONGEST_BODY = 1_000
"""Characters of what a macro of the file's own stands for."""
_MOST_EXPANDED, _DEEPEST_EXPANDED = 20_000, 5
_OPTIONS = re.compile(r"(?:\[[^\[\]\n]{0,200}\])+")
_TOKENS_PER_LETTER, _FEWEST_TOKENS = 10, 20_000
"""What the library may look at; a sound text has less than one for each letter."""
_SPACES = re.compile(r"[^\S\n]*\n[^\S\n]*(?:\n\s*)+")
_SIGNS = {"~": " ", "``": "“", "''": "”", "--": "–", "---": "—", "&": " ", "!`": "¡", "?`": "¿", "\n\n": "<p>"}
_WORDS = {"LaTeX": "LaTeX", "TeX": "TeX", "today": "", "xspace": "", "textbackslash": "\\", "textasciitilde": "~", "par": "<p>"}


class LatexWriter:
    """The writer of the HTML of a text."""

    def __init__(self, programs: Sequence[str]) -> None:
        """`programs` are the texts that the macro `askdexprogram` stands for, by their number."""
        self.title = self.author = self.date = ""
        """What the text says of itself."""
        self._programs = programs
        self._own: dict[str, Sequence[LatexNode]] = {}
        """What the macros stand for that the text defines, without arguments."""
        self._expanded = self._depth = 0
        self._notes: list[str] = []
        self._top = 2

    def html(self, source: str) -> str:
        """The HTML of a text. Raises RecursionError where it is nested too deeply."""
        nodes = _parsed(source)
        self._top = 1 if "\\chapter" in source or "\\part" in source else 2
        body = next((node for node in nodes if _environment(node) == "document"), None)
        if body is None:
            page = self._written(nodes)
        else:
            self._written(nodes[: nodes.index(body)])
            page = self._written(body.nodelist)
        title = f"<h1>{html.escape(self.title)}</h1>" if self.title else ""
        title += f"<p>{html.escape(self.author)}</p>" if self.author and self.title else ""
        notes = "".join(f"<li>[{number}] {note}</li>" for number, note in enumerate(self._notes, 1))
        return title + page + (f'<ul style="list-style-type: none">{notes}</ul>' if notes else "")

    def _written(self, nodes: "Sequence[LatexNode] | None") -> str:
        pieces = []
        waiting = iter(nodes or ())
        before: Any = None
        for node in waiting:
            name = getattr(node, "macroname", None)
            before, previous = node, before
            if _is_unknown(previous) and (rest := _without_options(node)) is not None:
                pieces.append(_SPACES.sub("<p>", html.escape(rest)))
            elif name in ("def", "gdef", "edef", "let"):
                self._define_plain(name, waiting)
            elif name is not None:
                pieces.append(self._macro(name, node))
            elif (environment := _environment(node)) is not None:
                pieces.append(self._environment(environment, node))
            else:
                pieces.append(self._other(node))
        return "".join(pieces)

    def _other(self, node: Any) -> str:  # noqa: ANN401  # the nodes of the library have attributes of their own kind
        """Characters, a group, or a formula; comments are left out."""
        kind = type(node).__name__
        if kind == "LatexCharsNode":
            return _SPACES.sub("<p>", html.escape(node.chars))
        if kind == "LatexSpecialsNode":
            return _SIGNS.get(node.specials_chars, html.escape(node.specials_chars))
        if kind == "LatexGroupNode":
            return self._written(node.nodelist)
        if kind == "LatexMathNode":
            formula = html.escape(_plain([node]))
            return f"<p>{formula}<p>" if node.displaytype == "display" else formula
        return ""

    def _macro(self, name: str, node: Any) -> str:  # noqa: ANN401
        arguments = _arguments(node)
        last = arguments[-1] if arguments else None
        if name in _NEW_COMMANDS:
            self._define(arguments)
            return ""
        if name in self._own:
            has_space = any("\\xspace" in own.latex_verbatim() for own in self._own[name])
            return self._expansion(name) + (" " if has_space and node.macro_post_space else "")
        if name in _LEVELS:
            level = self._level(name)
            return f"<h{level}>{self._line(last)}</h{level}><p>"
        if name in ("title", "author", "date"):
            self._describe(name, last)
            return ""
        if name in _DROPPED:
            return ""
        write = _MACROS.get(name)
        if write is not None:
            return write(self, arguments)
        if name in _ACCENTS or not name.isalpha():
            return html.escape(_plain([node]))
        if name in _WORDS:
            return _WORDS[name]
        shown = self._written([node for node in arguments[-1:] if node is not None])
        return shown or ("" if arguments else html.escape(_plain([node])))

    def _level(self, name: str) -> int:
        return max(1, min(_LEVELS[name] - (self._top - 1), DEEPEST_HEADING_LEVEL))

    def _line(self, node: "LatexNode | None") -> str:
        """What a node shows, without paragraphs."""
        return self._written([] if node is None else [node]).replace("<p>", " ")

    def _describe(self, name: str, node: "LatexNode | None") -> None:
        value = " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", self._line(node))).split())
        if value and not getattr(self, name):
            setattr(self, name, value)

    def _define(self, arguments: "Sequence[Any]") -> None:
        """Take note of a macro of the text's own that takes no arguments; of others, what they are given is shown."""
        names = [node for node in arguments if node is not None]
        takes_some = any(node.latex_verbatim().startswith("[") for node in names[1:-1])
        if len(names) > 1 and not takes_some:
            self._note_macro(names[0].latex_verbatim().strip("{} \\"), names[-1])

    def _define_plain(self, name: str, nodes: "Iterator[LatexNode]") -> None:
        r"""Take note of "\def\name{body}"; what stands between name and body are arguments."""
        defined = getattr(next(nodes, None), "macroname", "")
        if name == "let":
            next(nodes, None)
            return
        for node in nodes:
            if type(node).__name__ == "LatexGroupNode":
                self._note_macro(defined, node)
                return
            if "\n" in node.latex_verbatim():
                return

    def _note_macro(self, name: str, body: Any) -> None:  # noqa: ANN401
        if name and len(body.latex_verbatim()) <= _LONGEST_BODY and "#" not in body.latex_verbatim():
            self._own[name] = [body]

    def _expansion(self, name: str) -> str:
        self._expanded += 1
        if self._depth >= _DEEPEST_EXPANDED or self._expanded > _MOST_EXPANDED:
            return ""
        self._depth += 1
        page = self._written(self._own[name])
        self._depth -= 1
        return page

    def _environment(self, name: str, node: Any) -> str:  # noqa: ANN401
        base = name.removesuffix("*")
        if base in _UNSHOWN:
            return ""
        if base in _LISTS:
            return self._list(_LISTS[base], node.nodelist)
        if name in _TABLES:
            return f"<table>{''.join(self._rows(node.nodelist))}</table><p>"
        if base in _MATHS:
            return f"<p>{html.escape(_plain([node]))}<p>"
        if base == "abstract":
            return f"<h3>Abstract</h3><p>{self._written(node.nodelist)}<p>"
        if base == "thebibliography":
            return ""
        if base in _TITLED:
            return self._titled(node.nodelist, DEEPEST_HEADING_LEVEL if base != "frame" else self._level("frametitle"))
        return f"<p>{self._written(node.nodelist)}<p>"

    def _titled(self, nodes: "Sequence[LatexNode]", level: int) -> str:
        """What begins with its title in braces."""
        first = next((n for n, node in enumerate(nodes) if node.latex_verbatim().strip()), len(nodes))
        if first < len(nodes) and type(nodes[first]).__name__ == "LatexGroupNode":
            return f"<h{level}>{self._line(nodes[first])}</h{level}><p>{self._written(nodes[first + 1 :])}<p>"
        return f"<p>{self._written(nodes)}<p>"

    def _list(self, tag: str, nodes: "Sequence[LatexNode]") -> str:
        items: list[str] = []
        for group in _parted(nodes, "item"):
            head = getattr(group[0], "macroname", None)
            if head != "item":
                continue
            label = self._line(next(iter(_arguments(group[0])), None))
            content = self._written(group[1:])
            if tag == "dl":
                items.append(f"<dt>{label.strip('[]')}</dt><dd>{content}</dd>")
            else:
                items.append(f"<li>{label.strip('[]')} {content}</li>")
        return f"<{tag}>{''.join(items)}</{tag}><p>"

    def _rows(self, nodes: "Sequence[LatexNode]") -> Iterator[str]:
        rows = list(_parted(nodes, "\\"))
        names_columns = len(rows) > 1 and _begins_with_rule(rows[1]) and not all(map(_begins_with_rule, rows[1:-1]))
        is_first = True
        for row in rows:
            cells = [self._cell(cell) for cell in _cells_of(row)]
            if any(map(_text_of, cells)):
                page = "".join(cells)
                yield f"<tr>{page.replace('<td', '<th').replace('</td', '</th') if is_first and names_columns else page}</tr>"
                is_first = False

    def _cell(self, nodes: "Sequence[LatexNode]") -> str:
        wide = next((node for node in nodes if getattr(node, "macroname", "") == "multicolumn"), None)
        columns = next(iter(_arguments(wide)), None)
        width = "" if columns is None else columns.latex_verbatim().strip("{} ")
        reach = f' colspan="{width}"' if width.isdecimal() and int(width) < _WIDEST else ""
        shown = [node for node in nodes if getattr(node, "macroname", "") not in ("\\", "hline", "toprule", "midrule")]
        return f"<td{reach}>{self._written(shown).replace('<p>', '<br>').strip()}</td>"

    def note(self, arguments: "Sequence[LatexNode | None]") -> str:
        """A footnote: its number, and its text at the end."""
        self._notes.append(self._line(arguments[-1] if arguments else None))
        return f"[{len(self._notes)}]"

    def caption(self, arguments: "Sequence[LatexNode | None]") -> str:
        """What stands below a table or a picture."""
        return f"<p>{self._line(arguments[-1] if arguments else None)}<p>"

    def link(self, arguments: "Sequence[LatexNode | None]") -> str:
        """Words that lead to an address."""
        address, words = (arguments[0], arguments[-1]) if arguments else (None, None)
        written = "" if address is None else address.latex_verbatim().strip("{} ").replace("\\", "")
        return f'<a href="{html.escape(written)}">{self._line(words)}</a>'

    def address(self, arguments: "Sequence[LatexNode | None]") -> str:
        """An address that is shown as it is."""
        written = "" if not arguments or arguments[-1] is None else arguments[-1].latex_verbatim()
        address = html.escape(written.strip("{} ").replace("\\", ""))
        return f'<a href="{address}">{address}</a>'

    def program(self, arguments: "Sequence[LatexNode | None]") -> str:
        """A program, which stood in the text as it is."""
        number = arguments[0].latex_verbatim().strip("{} ") if arguments and arguments[0] is not None else ""
        is_known = number.isdecimal() and int(number) < len(self._programs)
        return f"<pre>{html.escape(self._programs[int(number)])}</pre><p>" if is_known else ""

    def verbatim(self, arguments: "Sequence[Any]") -> str:
        """A short program within a line."""
        return f"<code>{html.escape(getattr(arguments[-1], 'chars', '') if arguments else '')}</code>"

    def line_break(self, arguments: "Sequence[LatexNode | None]") -> str:  # noqa: ARG002
        """A line break."""
        return "<br>"

    def raised(self, arguments: "Sequence[LatexNode | None]") -> str:
        """A superscript."""
        return f"<sup>{self._line(arguments[-1] if arguments else None)}</sup>"

    def lowered(self, arguments: "Sequence[LatexNode | None]") -> str:
        """A subscript."""
        return f"<sub>{self._line(arguments[-1] if arguments else None)}</sub>"

    def quoted(self, arguments: "Sequence[LatexNode | None]") -> str:
        """Words in quotation marks."""
        return f"“{self._line(arguments[-1] if arguments else None)}”"


_MACROS: dict[str, Callable[[LatexWriter, "Sequence[Any]"], str]] = {
    "footnote": LatexWriter.note,
    "footnotetext": LatexWriter.note,
    "caption": LatexWriter.caption,
    "captionof": LatexWriter.caption,
    "subcaption": LatexWriter.caption,
    "href": LatexWriter.link,
    "url": LatexWriter.address,
    "askdexprogram": LatexWriter.program,
    "verb": LatexWriter.verbatim,
    "\\": LatexWriter.line_break,
    "newline": LatexWriter.line_break,
    "enquote": LatexWriter.quoted,
    "textsuperscript": LatexWriter.raised,
    "textsubscript": LatexWriter.lowered,
}
_WIDEST = 200
_RULES = frozenset(("hline", "toprule", "midrule", "bottomrule", "hhline", "endhead", "endfirsthead"))


def _parsed(source: str) -> "list[Any]":
    """The nodes of a text, as many as can be made out."""
    from pylatexenc.latexwalker import LatexWalker, get_default_latex_context_db
    from pylatexenc.macrospec import std_environment, std_macro

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it tells what is wrong with a text
    known = get_default_latex_context_db()
    known.add_context_category(
        "askdex",
        prepend=True,
        macros=[std_macro(name, arguments) for name, arguments in _ARGUMENTS.items()],
        environments=[std_environment(name, arguments) for name, arguments in _ENVIRONMENT_ARGUMENTS.items()],
    )

    class Walker(LatexWalker):  # type: ignore[misc]  # the library has no types
        """Goes back where braces do not match, and at each of them again: it must not do so for ever."""

        left = _TOKENS_PER_LETTER * len(source) + _FEWEST_TOKENS

        def get_token(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            self.left -= 1
            if self.left < 0:
                raise UnreadableError("its braces and environments do not match")
            return super().get_token(*args, **kwargs)

    nodes, _, _ = Walker(source, latex_context=known, tolerant_parsing=True).get_latex_nodes()
    return list(nodes)


def _plain(nodes: "Sequence[LatexNode]") -> str:
    """What the library makes of formulas, letters and signs as plain text."""
    from pylatexenc.latex2text import LatexNodes2Text

    try:
        text = LatexNodes2Text(math_mode="text", keep_comments=False).nodelist_to_text(list(nodes))
    except RecursionError:
        raise
    except Exception:  # it fails in many ways where something is missing
        return ""
    return " ".join(str(text).split())


def _environment(node: object) -> str | None:
    name = getattr(node, "environmentname", None)
    return name if isinstance(name, str) else None


def _arguments(node: object) -> "list[Any]":
    """What a macro is given; None for each that it could be given and is not."""
    given = getattr(node, "nodeargd", None)
    return list(getattr(given, "argnlist", None) or ())


def _is_unknown(node: object) -> bool:
    """Whether a node is a macro of which the library does not know what it is given."""
    return getattr(node, "macroname", None) is not None and not _arguments(node)


def _without_options(node: object) -> str | None:
    """Characters without the options in brackets that a macro before them takes; None where there are none."""
    match = _OPTIONS.match(getattr(node, "chars", None) or "")
    return None if match is None else match.string[match.end() :]


def _parted(nodes: "Sequence[Any] | None", macro: str) -> "Iterator[list[Any]]":
    """The nodes in groups, each of which begins with a macro, but for the first."""
    group: list[Any] = []
    for node in nodes or ():
        if getattr(node, "macroname", None) in (macro, "tabularnewline" if macro == "\\" else macro) and group:
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _cells_of(row: "Sequence[Any]") -> "Iterator[list[Any]]":
    cell: list[Any] = []
    for node in row:
        if getattr(node, "specials_chars", None) == "&":
            yield cell
            cell = []
        else:
            cell.append(node)
    yield cell


def _begins_with_rule(row: "Sequence[Any]") -> bool:
    """Whether there is a line above a row, whose first node is the end of the row before it."""
    names = [getattr(node, "macroname", None) for node in row[1:] if node.latex_verbatim().strip()]
    return bool(names) and names[0] in _RULES


def _text_of(cell: str) -> str:
    return re.sub(r"<[^<>]*>", "", cell).strip()
