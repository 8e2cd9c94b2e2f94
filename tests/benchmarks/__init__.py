"""The benchmarks: how fast, how large, against what. Run them with: python -m tests.benchmarks [NAME ...]."""

import importlib
from collections.abc import Iterator
from typing import cast

from tests.benchmarks.options import Options, SkippedError

NAMES = {
    "encoder": "passages a second and milliseconds a question against torch, and the limit of the processor",
    "encoder-quality": "nDCG@10 against torch on each evaluation set",
    "fit": "the weights of relevance, fitted on all evaluation sets but one, and how they do on that one",
    "fit-answers": "the weights that choose the sentence, fitted on all sets but one, and how they do on that one",
    "fit-ranking": "the weights of the ranking, chosen on all evaluation sets but one, and how they do on that one",
    "fit-reader": "the changes of the model that reads the best passage, fitted on all evaluation sets",
    "fit-multilingual-reader": "the same for the languages of the multilingual encoder, on the questions that we wrote",
    "token-centre": "the centre of the vectors of tokens, as late interaction uses it",
    "quality": "how often people would be served who ask about real collections, and what went wrong where they were not",
    "gaps": "whether `askdex questions` lists what a fifth of the documents answered, once these are taken out",
    "best-bets": "how many questions that mean the same as a best bet are taken for it, and how many that do not",
    "recall": "the words and headings of real files that are found, by format, beside MarkItDown",
    "serving": "questions a second and their times against txtai's server, memory, the time to the first answer",
    "startup": "how long commands take as whole processes, and what they import",
    "indexing": "the share of the encoder, memory against size, whether the remaining time is honest",
    "question": "what a question costs beside the encoder: milliseconds, and calls of NumPy",
    "filters": "how much longer a question takes with a filter that all, half or few passages pass",
    "scale": "ten thousand, a hundred thousand and a million passages, and the plan past one machine",
    "published": "the answers and the times of an index that is published to PostgreSQL, beside those of its folder",
    "published-growth": "the engine in PostgreSQL beside the embedded one, as the number of passages grows",
    "same-answers": "the answers of another version of Askdex, compared with those of this one value by value",
}


def report(name: str, options: Options) -> Iterator[str]:
    """The lines that a benchmark prints, each as soon as it is measured."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    try:
        yield from cast(Iterator[str], module.report(options))
    except SkippedError as error:
        yield f"skipped: {error}"
