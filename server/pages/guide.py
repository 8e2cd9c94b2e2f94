"""The guide at /guide: its pages, and the search in them."""

from flask import Blueprint, render_template, request

from askdex.indexer.engine.analyzer import content_forms
from askdex.indexer.errors import NotFoundError
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.server.pages.guide_pages import OVERVIEW, FoundSection, found_sections, guide_pages
from askdex.server.pages.highlight import LinkedText, linked, word_marks

guide = Blueprint("guide", __name__, url_prefix="/guide")


@guide.get("/")
def overview() -> str:
    """The page that leads to all others, or the sections that hold the words of a question."""
    question = request.args.get("q", "").strip()[:LONGEST_QUESTION]
    if not question:
        return render_template("guide.html", page=guide_pages()[OVERVIEW], question="")
    found = [(each.section, _marked(each, question)) for each in found_sections(question)]
    return render_template("guide_results.html", found=found, question=question)


@guide.get("/<name>")
def page(name: str) -> str:
    """A page of the guide."""
    if name == OVERVIEW or name not in guide_pages():
        raise NotFoundError(f"The guide has no page {name}.")
    return render_template("guide.html", page=guide_pages()[name], question="")


def _marked(found: FoundSection, question: str) -> list[LinkedText]:
    return list(linked(found.unit, 0, len(found.unit), word_marks(found.unit, content_forms(question)), ()))
