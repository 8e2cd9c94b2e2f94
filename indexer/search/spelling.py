"""Questions as their collection spells: misspelt words corrected, compounds that it does not know taken apart."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from askdex.indexer.engine.analyzer import Term, is_function_word, located_words, may_be_one, query_terms, stems
from askdex.indexer.engine.protocol import Engine

_SHORTEST = 4
"""Letters of a word that is corrected, and of one that tells whether the model knows the language."""
_LONG = 8
"""Letters from which on a word may have two mistakes."""
_FEW = 2
"""Content words of a question in which all may be misspelt."""
_SHORTEST_PART = 3
_SMALL = 1_000
"""Passages of a collection in which a word that a single one holds is more likely a rare word than another mistake."""

_APOSTROPHES = frozenset("'’")
_BESIDE_NUMBER = re.compile(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A question as it is answered, and as its words are looked up; both are the question as written where all is known."""

    question: str
    keywords: str


def interpretations(
    question: str, engine: Engine, is_whole: Callable[[str], bool], *, corrects: bool = True
) -> list[Interpretation]:
    """How a question may be read with the words that the passages of an engine hold: as it is written, and as it is corrected.

    Only words that no passage holds are touched. One that two held words make up is looked up as those; any other may be
    replaced by the nearest that is held, in the question too. `is_whole` says whether the vocabulary of the model has a word,
    in lower case, as a whole: such a word is right, though not used here.
    """
    words = located_words(question)
    unknown = _unknown(question, words, engine)
    parted = {word: parts for word in unknown if (parts := _parted(word.text, engine))}
    found = [Interpretation(question, _with(question, parted))]
    if corrects and unknown and _is_understood(words, unknown, is_whole):
        misspelt = [word for word in unknown if word not in parted and _may_be_misspelt(question, word)]
        better = {word: near for word in misspelt if not is_whole(word.text) and (near := _nearest(word.text, engine))}
        if better:
            found.append(Interpretation(_with(question, better), _with(question, parted | better)))
    return found


def _unknown(question: str, words: Sequence[Term], engine: Engine) -> list[Term]:
    """The content words of a question that no passage holds, not even in a joined form."""
    content = [word for word in words if not is_function_word(word.text)]
    joined, own = query_terms(question), stems(word.text for word in content)
    every = list(dict.fromkeys([*own, *(form for term in own for form in joined[term])]))
    held = dict(zip(every, engine.holders(every), strict=True))
    return [word for word, term in zip(content, own, strict=True) if not any(held[form] for form in (term, *joined[term]))]


def _is_understood(words: Sequence[Term], unknown: Sequence[Term], is_whole: Callable[[str], bool]) -> bool:
    """Whether a question is in a language of the collection and of the model; without one, right words look misspelt.

    The collection knows half of the content words of a longer question, the model has most of the known words whole.
    """
    content = sum(not is_function_word(word.text) for word in words)
    if content > _FEW and 2 * len(unknown) > content:
        return False
    known = [word.text for word in words if word not in unknown and word.text.isalpha() and len(word.text) >= _SHORTEST]
    return not known or 2 * sum(map(is_whole, known)) > len(known)


def _may_be_misspelt(question: str, word: Term) -> bool:
    """Whether a word is of enough letters, and neither an acronym nor what an apostrophe has left of one (isn't)."""
    written, follows = question[word.start : word.end], question[word.end : word.end + 1]
    is_acronym = written.isupper() and not question.isupper()
    return word.text.isalpha() and len(word.text) >= _SHORTEST and not is_acronym and follows not in _APOSTROPHES


def _nearest(word: str, engine: Engine) -> str | None:
    """The word with the fewest edits, of equally near ones that which most passages hold.

    To put another letter in the place of one is the rarest of mistakes: one left out, doubled or turned comes first.
    """
    for edits in (1, 2) if len(word) >= _LONG else (1,):
        # With two letters before it, a word often means the opposite: unpaid.
        near = [other for other in engine.near(word, edits) if edits == 1 or not word.endswith(other)]
        likely = [other for other in near if edits == 1 and (len(other) != len(word) or sorted(other) == sorted(word))]
        found = _most_held([(other,) for other in likely], engine) or _most_held([(other,) for other in near], engine)
        if found:
            return found[0]
    return None


def _parted(word: str, engine: Engine) -> str | None:
    """The two words that make up a word, or the word and the number; or what the points part in a number."""
    choices: list[tuple[str, ...]] = [(word[: cut.start()], word[cut.start() :]) for cut in _BESIDE_NUMBER.finditer(word)]
    if "." in word:
        choices = [tuple(word.split("."))]
    elif not choices:
        cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
        pairs = [(word[:cut], word[cut:]) for cut in cuts if may_be_one(word[:cut], word[cut:])]
        choices = [pair for pair in pairs if all(engine.near(part, 0) for part in pair)]
    found = _most_held(choices, engine)
    return " ".join(found) if found else None


def _most_held(choices: Sequence[tuple[str, ...]], engine: Engine) -> tuple[str, ...] | None:
    """The first of the choices whose rarest word most passages hold; None where too few do."""
    words = list(dict.fromkeys(chain.from_iterable(choices)))
    held = dict(zip(words, engine.holders(stems(words)), strict=True))
    best = max(choices, key=lambda choice: min(map(held.__getitem__, choice)), default=None)
    return best if best and min(map(held.__getitem__, best)) >= (1 if len(engine) <= _SMALL else 2) else None


def _with(question: str, replaced: Mapping[Term, str]) -> str:
    """A question with some of its words replaced, each written large as the one before it was."""
    for word in sorted(replaced, key=lambda word: -word.start):
        written, other = question[word.start : word.end], replaced[word]
        if written[0].isupper():
            other = other.upper() if written.isupper() else other[0].upper() + other[1:]
        question = question[: word.start] + other + question[word.end :]
    return question
