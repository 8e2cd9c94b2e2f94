"""Tags of templates, which a generator replaces before anybody sees the page: Liquid, Jinja, Handlebars, Vue, Hugo."""

import re

_TAG = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#\s.{0,2000}?\s#\}", re.DOTALL)


def without_template_tags(text: str) -> str:
    """The text without such tags."""
    return _TAG.sub("", text) if "{" in text else text
