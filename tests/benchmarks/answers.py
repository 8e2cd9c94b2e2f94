"""Answers of the Askdex that a Python has installed, as exact values: python answers.py JOB RESULT.

It is run by the Pythons of two environments, so it imports nothing but the standard library and Askdex's public face. JOB is
a JSON file with the folder of an index to make, the folder of documents, and pairs of a question and a mode. RESULT becomes
a JSON file with an object for each pair. Floats are written by `repr`, which tells any two of them apart.
"""

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

LIMIT = 10
"""Results of a question: a page of them."""


def main() -> None:
    """Index the documents and ask the questions."""
    job, result = map(Path, sys.argv[1:])
    tasks = json.loads(job.read_text(encoding="utf-8"))
    # Not an import statement: what it has depends on the environment, and a checker knows only its own.
    askdex: Any = importlib.import_module("askdex")
    askdex.index(tasks["index"], tasks["documents"])
    with askdex.open(tasks["index"]) as index:
        answers = [_answer(askdex, index, question, mode) for question, mode in tasks["questions"]]
    result.write_text(json.dumps(answers), encoding="utf-8")


def _answer(askdex: Any, index: Any, question: str, mode: str) -> Mapping[str, Any]:  # noqa: ANN401  # of any version
    """The values of a response, by the ids of its passages in their order; a refusal is a value as well."""
    try:
        response = index.ask(question, mode=mode, limit=LIMIT)
    except askdex.AskdexError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "order": [result.passage.id for result in response.results],
        "total": response.total,
        "scores": {result.passage.id: _exact(asdict(result.scores)) for result in response.results},
        "marked": {result.passage.id: _exact(result.answer and asdict(result.answer)) for result in response.results},
        "relevance": {result.passage.id: _exact(result.relevance) for result in response.results},
        "answered": response.answered,
        "corrected": response.corrected,
    }


def _exact(value: object) -> str:
    return repr(value)


if __name__ == "__main__":
    main()
