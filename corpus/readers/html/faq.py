"""The questions and answers that a page gives to search engines, in the vocabulary of schema.org, as JSON."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

_LONGEST_SCRIPT = 500_000
"""Characters of a script with data that is read."""
_MOST_QUESTIONS = 500
_DEEPEST = 8
"""Levels of the data below which no question is looked for."""


class QuestionAnswer(NamedTuple):
    """A question, and its answer as HTML."""

    question: str
    answer: str


def questions_of(page: LexborHTMLParser) -> list[QuestionAnswer]:
    """The questions of a page, in order."""
    found = []
    for script in page.css('script[type="application/ld+json"]'):
        source = script.text()
        if len(source) > _LONGEST_SCRIPT or "Question" not in source:
            continue
        try:
            data = json.loads(source)
        except (ValueError, RecursionError):
            continue
        found += list(_questions(data, _DEEPEST))
    return found[:_MOST_QUESTIONS]


def _questions(data: object, depth: int) -> Iterator[QuestionAnswer]:
    if depth and isinstance(data, list):
        for value in data:
            yield from _questions(value, depth - 1)
    elif depth and isinstance(data, dict):
        if data.get("@type") in ("Question", ["Question"]):
            question, answer = _text(data, "name") or _text(data, "text"), _answer(data)
            if question and answer:
                yield QuestionAnswer(" ".join(question.split()), answer)
        else:
            yield from _questions(list(data.values()), depth - 1)


def _answer(question: dict[str, object]) -> str:
    answer = question.get("acceptedAnswer") or question.get("suggestedAnswer")
    answer = answer[0] if isinstance(answer, list) and answer else answer
    return _text(answer, "text") if isinstance(answer, dict) else answer if isinstance(answer, str) else ""


def _text(data: dict[str, object], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
