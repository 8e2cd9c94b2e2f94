"""Pairs of a question and a text, of which it is known whether the text answers, for fitting the readers.

A question of a set is read with a passage that answers it and with the two nearest others; a question that the set does not
answer, with the two nearest. A heading of documentation that asks or says how to do something is a question too: it is read
with the passage below it and with the nearest others of the same documents, half of them without their headings.

`questions/` holds questions that we wrote about passages of public handbooks, manuals and laws (`WrittenQuestion`), each with
one beside it that is near: on the same subject, in the same style, and not answered there. Both are read with the passage, with
the sentence alone that answers the first, because passages may be as short, and with the nearest others of the same documents.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import Tokens, context, cut
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.text.units import Unit, clipped, units
from askdex.corpus.types import Document
from askdex.indexer.evaluation.sets import EvaluationSet, documents_of
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks.fit import evaluation_sets
from tests.benchmarks.made_rows import made_rows
from tests.benchmarks.options import Options

_UNANSWERED = "unanswerable.jsonl"
_DOCUMENTATION = "documentation"
"""A folder beside the evaluation sets that may be there; each folder in it holds the documents of one collection."""

_TELLS_HOW = re.compile(r"(?:how to )?(?P<verb>[a-z]+?)(?P<form>ing)? (?P<object>.+)", re.IGNORECASE)
_VERBS = frozenset(
    "access add apply assign build cancel change check choose configure connect copy create delete disable download edit "
    "enable export find fix get import install join log manage migrate move open pay prevent print register remove renew "
    "report request reset restore run save schedule search select send set share sign start stop submit sync transfer turn "
    "update upgrade upload use verify view".split()
)
"""Verbs that headings of manuals begin with."""

_QUESTIONS = Path(__file__).parent / "questions"
HELD_OUT = frozenset(
    (
        "madetech/handbook",
        "privacyguides/privacyguides.org",
        "GSA/search-gov-website",
        "WollMux/WollMuxHandbuch",
        "jubla-ch/handbuch-jubladb-hitobito",
        "ZaPF/Satzung_der_ZaPF",
        "lnr-argentina/Reglamentos",
    )
)
"""Collections whose questions are in no fit: with them the weights of what is read are chosen."""

_MADE = 2_400
"""Questions about rows of tables that we made up: one in six pairs of the last fit."""

_HEADINGLESS = 0.5
"""The share of texts of documentation that are read without their heading, which would tell all."""

_LEAST_TEXT, _MOST_TEXT, _MOST_CHINESE = 80, 700, 300
"""Characters of a text of documentation: one that says something, and as much of it as is read; in Chinese they say more."""
_NEAREST = 2
"""Passages that do not answer with which a question is read."""

_UNSURE, _SECOND, _NEAR = 0.5, 0.4, 0.7
"""The weights of a passage that is not known to answer, of the second nearest for a question that nothing answers, and of one
beside the passage that a near question is about."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a text, whether the text answers it, and what that weighs."""

    question: str
    text: str
    answers: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question that a passage answers, and one near it that it does not.

    `document` is the address of its document below the folder of the collection, `passage` its position there. `units` are the
    positions of its units that answer, each by itself, the best first.
    """

    document: str
    passage: int
    question: str
    units: Sequence[int]
    near: str


def written_questions(language: str) -> Mapping[str, Sequence[WrittenQuestion]]:
    """The written questions in a language ("en"), by the public repository of their documents ("madetech/handbook")."""
    written: dict[str, list[WrittenQuestion]] = {}
    for line in (_QUESTIONS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        question = WrittenQuestion(row["document"], row["passage"], row["question"], row["units"], row["near"])
        written.setdefault(row["documents"], []).append(question)
    return written


def english_pairs(options: Options, encoder: Encoder) -> Iterator[Pair]:
    """The pairs in English: of the evaluation sets, of documentation, of the written questions, and of made rows of tables."""
    for evaluation_set in evaluation_sets(options, options.work):
        if evaluation_set.corpus is not None:
            yield from _of_set(evaluation_set, evaluation_set.corpus, encoder)
    chances = random.Random(0)
    for folder in _collections(options):
        sections = list(_sections(folder, encoder))
        vectors = encoder.encode_documents([section.text() for section in sections])
        yield from _of_headings(sections, vectors, encoder, chances)
        yield from _of_written(_written_about(folder, "en"), sections, vectors, encoder)
    for row in made_rows(_MADE, chances):
        yield Pair(row.question, row.text, row.answers)


def written_pairs(options: Options, encoder: Encoder, language: str, tokens: Tokens) -> Iterator[Pair]:
    """The pairs of the written questions in a language; `encoder` finds the nearest passages.

    `tokens` are those of the encoder by which the documents were cut when the questions were written: that of the language.
    """
    for folder in _collections(options):
        written = _written_about(folder, language)
        if written:
            sections = list(_sections(folder, tokens, _MOST_CHINESE if language == "zh" else _MOST_TEXT))
            yield from _of_written(written, sections, encoder.encode_documents([one.text() for one in sections]), encoder)


def _collections(options: Options) -> list[Path]:
    return sorted((options.sets / _DOCUMENTATION).glob("*/"))


def _written_about(folder: Path, language: str) -> Sequence[WrittenQuestion]:
    """The written questions about a collection, none where they are held out; its folder's name has "+" for "/"."""
    repository = folder.name.replace("+", "/")
    return () if repository in HELD_OUT else written_questions(language).get(repository, ())


def _of_set(evaluation_set: EvaluationSet, corpus: Path, encoder: Encoder) -> Iterator[Pair]:
    documents = list(documents_of(corpus))
    texts = [f"{document.title}\n{document.text}" for document in documents]
    place = {document.uri: n for n, document in enumerate(documents)}
    vectors = encoder.encode_documents(texts)
    for key, question in evaluation_set.questions.items():
        answering = [place[uri] for uri in sorted(evaluation_set.relevant[key]) if uri in place]
        yield from (Pair(question, texts[n], answers=True) for n in answering[:1])
        others = [n for n in _nearest(encoder, question, vectors, _NEAREST + len(answering)) if n not in answering]
        yield from (Pair(question, texts[n], answers=False, weight=_UNSURE) for n in others[:_NEAREST])
    unanswered = corpus.with_name(_UNANSWERED)
    for line in unanswered.read_text(encoding="utf-8").splitlines() if unanswered.exists() else ():
        question = str(json.loads(line)["text"])
        for weight, n in zip((1.0, _SECOND), _nearest(encoder, question, vectors, _NEAREST), strict=False):
            yield Pair(question, texts[n], answers=False, weight=weight)


def _of_headings(sections: Sequence["_Section"], vectors: Vectors, encoder: Encoder, chances: random.Random) -> Iterator[Pair]:
    for section in sections:
        question = question_of(section.heading)
        if question is None:
            continue
        yield Pair(question, section.text(has_heading=chances.random() > _HEADINGLESS), answers=True)
        others = [m for m in _nearest(encoder, question, vectors, 1 + _NEAREST) if sections[m].heading != section.heading]
        for m in others[:_NEAREST]:
            text = sections[m].text(has_heading=chances.random() > _HEADINGLESS)
            yield Pair(question, text, answers=False, weight=_UNSURE)


def _of_written(
    written: Sequence[WrittenQuestion], sections: Sequence["_Section"], vectors: Vectors, encoder: Encoder
) -> Iterator[Pair]:
    place = {(section.document, section.passage): n for n, section in enumerate(sections)}
    for question in written:
        n = place.get((question.document, question.passage))
        if n is None or not question.units:
            continue
        text, short = sections[n].text(), sections[n].unit(question.units[0])
        if sections[n].units[question.units[0]].end <= len(text):
            yield Pair(question.question, text, answers=True)
        yield Pair(question.near, text, answers=False)
        yield Pair(question.question, short, answers=True)
        yield Pair(question.near, short, answers=False)
        for asked, number, weight in ((question.question, _NEAREST, _UNSURE), (question.near, 1, _NEAR)):
            nearest = _nearest(encoder, asked, vectors, 2 + number)
            others = [m for m in nearest if m != n and sections[m].heading != sections[n].heading]
            yield from (Pair(asked, sections[m].text(), answers=False, weight=weight) for m in others[:number])


def _sections(folder: Path, tokens: Tokens, most: int = _MOST_TEXT) -> Iterator["_Section"]:
    source = FolderSource(folder, folder, is_read)
    for item in source.items():
        parts = _documents(source, item) if isinstance(item, Item) else ()
        for document in parts:
            for n, passage in enumerate(cut(document, tokens)):
                text = document.text[passage.start : passage.end]
                if passage.heading_path and len(text) >= _LEAST_TEXT:
                    above = context(document.title, passage.heading_path)
                    spans = units(text, clipped(document.blocks, passage.start, passage.end))
                    yield _Section(document.uri, n, document.title, passage.heading_path[-1], above, text, spans, most)


def _documents(source: FolderSource, item: Item) -> list[Document]:
    try:
        return [part for part in parse(item, source.read(item)) if isinstance(part, Document)]
    except UnreadableError:
        return []


@dataclass(frozen=True, slots=True)
class _Section:
    """A passage of documentation: the address of its document, its position there, and the units of its text.

    `most` are the characters that are read of it.
    """

    document: str
    passage: int
    title: str
    heading: str
    above: str
    body: str
    units: Sequence[Unit]
    most: int

    def text(self, *, has_heading: bool = True) -> str:
        """What is read of it."""
        return f"{self.above if has_heading else self.title}\n{self.body}"[: self.most]

    def unit(self, n: int) -> str:
        """What is read of a passage of one unit alone."""
        return f"{self.above}\n{self.body[self.units[n].start : self.units[n].end]}"


def question_of(heading: str) -> str | None:
    """A heading as a question; None for one that is none and does not say how to do something.

    >>> question_of("Creating a vault")
    'How do I create a vault?'
    """
    if heading.endswith("?"):
        return heading
    told = _TELLS_HOW.fullmatch(heading)
    if told is None:
        return None
    stem = told["verb"].lower()
    # "creating" has lost an e, "setting" has doubled a t.
    stems = (stem, f"{stem}e", stem[:-1]) if told["form"] else (stem,)
    verb = next((one for one in stems if one in _VERBS), None)
    return None if verb is None else f"How do I {verb} {told['object']}?"


def _nearest(encoder: Encoder, question: str, vectors: Vectors, number: int) -> list[int]:
    cosines = vectors @ encoder.encode_questions([question])[0]
    nearest: list[int] = np.argsort(-cosines)[:number].tolist()
    return nearest
