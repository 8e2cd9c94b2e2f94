"""reStructuredText, also as Sphinx writes it: docutils renders it to HTML, which is then read.

docutils is imported where a file is read, as it takes a quarter of a second.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from askdex.corpus.builder import DocumentBuilder, clean
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.plain import read_plain

if TYPE_CHECKING:
    from docutils import nodes
    from docutils.parsers.rst import Directive

_DIRECTIVE = re.compile(r"\.\. (?:\|[^|\n]{1,100}\| )?([\w.+:-]{0,60}\w) ?::")
_ROLE = re.compile(r":([\w.+-]{1,40}(?::[\w.+-]{1,40}){0,2}):`|`:([\w.+-]{1,40}(?::[\w.+-]{1,40}){0,2}):")
_TITLED = re.compile(r"(?s)(.+?)\s*<[^<>]+>\Z")
"""The text of a role that says what it leads to: "Lost cards <lost>"."""
_LEFT_OUT = frozenset(
    "toctree contents index highlight currentmodule py:currentmodule module py:module automodule autoclass autofunction "
    "automethod autodata autosummary literalinclude include meta sectionauthor codeauthor tabularcolumns default-role "
    "mermaid graphviz plot image header footer target-notes testsetup testcleanup".split()
)
"""Directives that show nothing of the file's own text."""
_CODE = frozenset("code code-block sourcecode code-cell math parsed-literal prompt doctest testcode testoutput".split())
"""Directives whose text is shown as it stands. Sphinx has options for some that docutils does not know."""
_LONGEST_LINE = 10_000
"""Characters of a line, and of what a substitution may become; docutils refuses files with longer ones."""
_SETTINGS: dict[str, object] = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": "",
    "doctitle_xform": False,
    "docinfo_xform": False,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "line_length_limit": _LONGEST_LINE,
    "output_encoding": "unicode",
}
"""Nothing is included, nothing raw is taken over, and nothing is reported: what docutils does not know is read as it stands."""


def read_restructured(source: str) -> DocumentBuilder:
    """Read reStructuredText. What directives and roles of other programs hold is read, whatever they do there."""
    from docutils.core import publish_parts

    text = clean(source)
    _require_known(text)
    try:
        if max(map(len, text.split("\n"))) > _LONGEST_LINE:
            return read_plain(text)
        page = publish_parts(text, writer="html5", settings_overrides=_SETTINGS)["body"]
    except (RecursionError, SystemError):
        return read_plain(text)
    # Notes and footnotes stand in the element for what lies beside the text of a page. All that stands here is its own.
    page = page.replace("<aside", "<div").replace("</aside", "</div")
    return read_html(f"<main>{page}</main>")


def _require_known(text: str) -> None:
    """Have docutils know the directives and roles of a text, those of Sphinx and of all other programs."""
    from docutils.parsers.rst import directives, roles
    from docutils.parsers.rst.languages import en

    found = {name.lower() for name in _DIRECTIVE.findall(text)}
    for name in (found - en.directives.keys()) | _LEFT_OUT | _CODE:
        directives.register_directive(name, _any_directive())
    for name in {(before or after).lower() for before, after in _ROLE.findall(text)} - en.roles.keys():
        roles.register_local_role(name, cast("Any", _any_role))


@cache
def _any_directive() -> "type[Directive]":
    """A directive that shows its argument and its text."""
    from docutils import nodes
    from docutils.parsers.rst import Directive, directives

    class AnyOptions(dict[str, Callable[[str], Any]]):
        """Options of all names."""

        def __missing__(self, name: str) -> Callable[[str], Any]:
            return directives.unchanged

    class AnyDirective(Directive):
        """See `_any_directive`."""

        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec = AnyOptions({"class": directives.unchanged})

        def run(self) -> "list[nodes.Node]":
            """What it shows."""
            if self.name.lower() in _LEFT_OUT:
                return []
            if self.name.lower() in _CODE:
                code = "\n".join([*(self.arguments if self.name.lower() == "math" else []), *self.content])
                return [nodes.literal_block(code, code)] if code.strip() else []
            shown = nodes.Element()
            for argument in self.arguments:
                texts, _ = self.state.inline_text(argument, self.lineno)
                shown += nodes.paragraph("", "", nodes.strong("", "", *texts))
            self.state.nested_parse(self.content, self.content_offset, shown)
            return list(shown.children)

    return AnyDirective


def _any_role(
    name: str,  # noqa: ARG001
    raw: str,
    text: str,
    line: int,  # noqa: ARG001
    inliner: object,  # noqa: ARG001
    options: object = None,  # noqa: ARG001
    content: object = None,  # noqa: ARG001
) -> "tuple[list[nodes.Node], list[nodes.system_message]]":
    """A role that shows its text, without what that leads to."""
    from docutils import nodes
    from docutils.utils import unescape

    plain = unescape(text)
    titled = _TITLED.fullmatch(plain)
    return [nodes.inline(raw, titled[1] if titled else plain.lstrip("!~"))], []
