"""LaTeX: pylatexenc parses it, the parts that it finds are written as HTML (`writer`), which is then read.

It is imported where a file is read. Nothing is included from other files, and no program is run.
"""

import re

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.latex.writer import LatexWriter
from askdex.corpus.readers.office import errors_told
from askdex.corpus.readers.properties import property_author
from askdex.corpus.text.dates import date_at_start

_CODE = re.compile(r"\\begin\{(lstlisting|minted|verbatim\*?|Verbatim\*?|alltt|comment|filecontents\*?)\}")
_UNSHOWN = ("comment", "filecontents", "filecontents*")
_CODE_OPTIONS = re.compile(r"\A(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\})?[^\S\n]*\n?")
_INLINE_CODE = re.compile(r"\\(?:lstinline|mintinline\{\w+\})(?:\[[^\]\n]*\])?(?=[^\s\w\[{])")
_RULE = re.compile(r"\\(?:cmidrule|cline|specialrule|addlinespace)\s*(?:\([lr]*\))?(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\}){0,3}")
_SETTING = re.compile(
    r"\\(?:looseness|parindent|parskip|baselineskip|tolerance|hbadness|vbadness|emergencystretch|tabcolsep|baselinestretch)"
    r"[ \t]*=?[ \t]*-?\d[\d.]*[ \t]*(?:pt|em|ex|cm|mm|in)?"
)
_END = re.compile(r"^(?:[^%\n]|\\%)*?\\end\{document\}", re.MULTILINE)


def read_latex(source: str) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables, formulas and notes of a text in LaTeX.

    Raises UnreadableError where it is nested too deeply, or is damaged so that it cannot be parsed.
    """
    programs: list[str] = []
    text = _without_programs(clean(source), programs)
    text = _SETTING.sub("", _RULE.sub(r"\\hline ", _INLINE_CODE.sub(r"\\verb", text)))
    end = _END.search(text)
    writer = LatexWriter(programs)
    with errors_told("LaTeX"):
        page = writer.html(text if end is None else text[: end.end()])
    # All that stands in the file is its own: a list of links is no menu of a page.
    builder = read_html(f"<main>{page}</main>", writer.title or None)
    builder.metadata = clean_metadata({"author": property_author(writer.author), "updated": date_at_start(writer.date)})
    return builder


def _without_programs(text: str, programs: list[str]) -> str:
    """The text with a macro in place of each program that stands in it as it is; these are added to `programs`."""
    pieces, position = [], 0
    unended: set[str] = set()
    for match in _CODE.finditer(text):
        ending = f"\\end{{{match[1]}}}"
        if match.start() < position:
            continue
        end = -1 if ending in unended else text.find(ending, match.end())
        if end < 0:
            unended.add(ending)
            continue
        pieces.append(text[position : match.start()])
        position = end + len(ending)
        if match[1] not in _UNSHOWN:
            pieces.append(f"\\askdexprogram{{{len(programs)}}}")
            programs.append(_CODE_OPTIONS.sub("", text[match.end() : end], count=1))
    return "".join([*pieces, text[position:]])
