"""Tags of template engines in a text: Jinja, Liquid, Twig, Nunjucks, Handlebars, Vue, Hugo, ERB."""

import re

_TRANSLATES = r"""\{[%{]-?\s*(?:trans(?:late)?\s+|_\(|gettext\(|t\()\s*(["'])"""
_TRANSLATED = re.compile(_TRANSLATES + r"(.*?)\1", re.DOTALL)
_TRANSLATED_MARKUP = re.compile(_TRANSLATES + r"""([^{}]{1,8000})\1[^{}'"<>]{0,200}[%}]\}""")
_BRACE = re.compile(r"[{}]")
_OPENING = re.compile(r"\{[%{#]|<%")
_CLOSINGS = {"{%": "%}", "{#": "#}", "<%": "%>"}


def with_translated_markup(source: str) -> str:
    """The source of a page with the elements in the place of a tag that translates them: "{% trans 'See <a>the list</a>' %}".

    A parser would part such a tag into several texts, none of which is one.
    """
    if "{%" not in source and "{{" not in source:
        return source
    return _TRANSLATED_MARKUP.sub(lambda tag: tag[2] if "<" in tag[2] else tag[0], source)


def without_template_tags(text: str) -> str:
    """A text without what a template engine would have replaced: "{% include menu %}", "{{ site.name }}".

    Of a tag that translates its text, that text stays: "{% trans 'Who pays?' %}".
    """
    if "{" not in text and "<%" not in text:
        return text
    pieces, position, opening = [], 0, _OPENING.search(text)
    unclosed: set[str] = set()
    while opening is not None:
        end = -1 if opening[0] in unclosed else _end(text, opening.start(), opening[0])
        if end < 0:
            # Where one does not end, those behind it do not either; the end of none is looked for twice.
            unclosed.add(opening[0])
            end = opening.end()
            pieces.append(text[position:end])
        else:
            translated = _TRANSLATED.match(text, opening.start(), end)
            pieces += (text[position : opening.start()], translated[2] if translated else "")
        position = end
        opening = _OPENING.search(text, position)
    return "".join([*pieces, text[position:]])


def _end(text: str, start: int, opening: str) -> int:
    """Where the tag ends that begins at `start`; -1 where it does not end. Braces within braces belong to it."""
    if closing := _CLOSINGS.get(opening):
        found = text.find(closing, start + len(opening))
        return found + len(closing) if found >= 0 else -1
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return -1
