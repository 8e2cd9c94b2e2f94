"""The texts that a converted model is tried on: passages and headings of the starter collection, and a few in other languages.

They are always the same, so that what a conversion gives does not depend on anybody's documents.
"""

from collections.abc import Iterator

from askdex.corpus import starter
from askdex.corpus.passages import Tokens, cut, embedded_text
from askdex.corpus.readers.registry import load, parse
from askdex.corpus.sources.folder import walk
from askdex.corpus.types import Document, Source

_PASSAGES = 40
_OTHERS = (
    "",
    "Who issues the card?",
    "card",
    "Wie beantrage ich eine neue Versicherungskarte, wenn meine verloren ging?",
    "La pension de retraite est versée à partir de soixante ans, sur demande, par la caisse du lieu de résidence.",
    "¿Qué documentos necesito para dar de alta a un empleado nuevo?",
    "社会保障卡丢失后，应当到哪里补办？",
    "def total(rows): return sum(row.amount for row in rows if row.paid)",
    "| year | rate | ceiling |\n| 2023 | 8 % | 29,000 |\n| 2024 | 8.5 % | 31,500 |",
)


def trial_texts(tokens: Tokens) -> list[str]:
    """Texts to compare vectors on."""
    return [*_spread(_passages(tokens), _PASSAGES), *_OTHERS]


def _spread(texts: list[str], number: int) -> list[str]:
    """So many of the texts, from the shortest to the longest at equal steps."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    last = len(ordered) - 1
    return [ordered[last * n // (number - 1)] for n in range(number)]


def _passages(tokens: Tokens) -> list[str]:
    return list(dict.fromkeys(text for document in _documents() for text in _texts(document, tokens)))


def _texts(document: Document, tokens: Tokens) -> Iterator[str]:
    for passage in cut(document, tokens):
        yield embedded_text(document, passage, tokens)
        if passage.question is not None:
            yield passage.question


def _documents() -> Iterator[Document]:
    for source in walk(starter.FOLDER, starter.FOLDER):
        if isinstance(source, Source):
            yield from (found for found in parse(source, load(source)) if isinstance(found, Document))
