"""The page at /api, which shows the description of the JSON endpoint."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from askdex.server.api.routes import described

reference = Blueprint("reference", __name__)
_inline = MarkdownIt("commonmark", {"html": False})

Schema = Mapping[str, Any]


@reference.get("/api")
def overview() -> str:
    """All operations, and all models of requests and responses."""
    return render_template("reference.html", api=described(), type_text=type_text, prose=prose, schema_of=schema_of)


def prose(text: str) -> Markup:
    """A description, in which `this` is code."""
    return Markup(_inline.renderInline(text))  # noqa: S704  # the renderer escapes all else


def schema_of(content: Mapping[str, Schema]) -> Schema:
    """The schema of a body or a value that has one media type."""
    (media,) = content.values()
    schema: Schema = media["schema"]
    return schema


def type_text(schema: Schema) -> Markup:
    """What a value may be, in words; models are links to where they are described."""
    return Markup(" or ").join(dict.fromkeys(_choices(schema)))


def _choices(schema: Schema) -> Iterator[Markup]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield Markup('<a href="#{0}">{0}</a>').format(name)
    elif "anyOf" in schema and "type" not in schema:
        for choice in schema["anyOf"]:
            yield from _choices(choice)
    elif "enum" in schema or "const" in schema:
        for value in schema.get("enum", [schema.get("const")]):
            yield Markup("<code>{}</code>").format(value)
    elif schema.get("type") == "array":
        yield Markup("list of {}").format(type_text(schema["items"]))
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield Markup("object of {}").format(type_text(schema["additionalProperties"]))
    else:
        yield escape(f"{schema.get('type', 'anything')}{_bounds(schema)}")


def _bounds(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']:,} to {schema['maximum']:,}"
    return f" of at most {schema['maxLength']:,} characters" if "maxLength" in schema else ""
