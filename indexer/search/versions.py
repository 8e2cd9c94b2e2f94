"""Which of several versions of a passage comes first: the one in force, and of those the newest.

Versions are passages of different documents that stand under the same headings, but for numbers, and mean nearly the same; or
that have nearly the same text. Copies are versions with nearly the same text and the same numbers, such as a page and its PDF.

Versions that hold more of the question's words come before others, and exchange their scores with them: "allowance 2021" still
finds the text of 2021. A first passage that is out of force lets one in force go before it that answers about as well.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np

from askdex.indexer.engine.simhash import near_duplicates
from askdex.indexer.search.retrieval import Ranking
from askdex.indexer.types import FILE_TIME, PRINTED, REPLACED, Mask, Places, Positions, Vectors

_LIKE = 0.8
"""The least cosine of two versions, for a model that spreads cosines as the default one does: a fee in another year changes few
words, and the embedded text has the headings too. Chosen by hand."""

_LITTLE = 0.1
"""How far below a passage that is out of force one in force may score and still come first: about as much as the scores of
passages differ that say the same in other words. Chosen by hand."""

_EQUAL = 1e-6
"""The difference up to which shares of the question's words are equal, for rounding."""


def version_groups(places: Places, vectors: Vectors, cosine_scale: float = 1.0) -> list[int]:
    """For each of n passages the first one that it is a version of, or itself; vectors have shape (n, dimension).

    `cosine_scale` is by how much less than those of the default model the cosines of the model are spread.
    """
    least = 1 - (1 - _LIKE) / cosine_scale
    one, other = _pairs(_may_be_versions(places))
    # Summed row by row: a matrix product may give one row other last digits in other company.
    is_like = (np.vecdot(vectors[one], vectors[other]) >= least) if vectors.shape[1] else np.zeros(len(one), np.bool_)
    is_like |= _have_one_text(places[one], places[other])
    groups = list(range(len(places)))
    for first, second in zip(one[is_like].tolist(), other[is_like].tolist(), strict=True):
        if groups[second] == second:
            groups[second] = groups[first]
    return groups


def copies(places: Places) -> list[list[int]]:
    """The positions of ranked passages, those together that have one text in several documents; all keep their order.

    A passage that its document repeats under the same headings, as pages do for small screens, is there once.
    """
    headings, simhashes = places["headings"], places["simhash"]
    is_other = places["document"][:, None] != places["document"]
    is_repeated = ~is_other & (headings[:, None] == headings) & (headings != 0) & (simhashes[:, None] == simhashes)
    one_text = _have_one_text(places[:, None], places)
    first, second = _pairs(one_text & (is_other | is_repeated))
    repeated = set(second[is_repeated[first, second]].tolist())
    copies_of: dict[int, list[int]] = {}
    for position, copy in zip(first.tolist(), second.tolist(), strict=True):
        copies_of.setdefault(position, []).append(copy)
    groups: dict[int, list[int]] = {}
    joined: set[int] = set()
    for position in range(len(places)):
        if position not in joined:
            others = [copy for copy in copies_of.get(position, ()) if copy not in joined]
            joined.update(others)
            groups[position] = [position, *(copy for copy in others if copy not in repeated)]
    return list(groups.values())


def newest_first(ranking: Ranking, today: date, cosine_scale: float = 1.0) -> Ranking:
    """The ranking with versions in their order; for `cosine_scale` see `version_groups`.

    Those with more of the question's words come first, then those in force, then the newest, then the clean text of copies. The
    time of a file counts as a date only where no version has another; a version without a date stands where the first one does.
    Last, a passage in force may go before a first one that is out of force.
    """
    is_out = out_of_force(ranking.places, today)
    order = list(range(len(ranking)))
    for members in _several(version_groups(ranking.places, ranking.vectors, cosine_scale)):
        for slot, member in zip(members, _ordered(ranking, members, is_out), strict=True):
            order[slot] = member
    _put_one_in_force_first(order, ranking, is_out)
    if all(before < after for before, after in pairwise(order)):
        return ranking
    moved = ranking.take(order)
    fused = ranking.candidates.fused
    return replace(moved, candidates=replace(moved.candidates, fused=fused, version_gain=fused - moved.candidates.fused))


def out_of_force(places: Places, today: date) -> Mask:
    """Whether each passage is of a document that was replaced, holds no more or does not hold yet, of shape (n,)."""
    day = today.toordinal()
    has_ended = (places["valid_until"] > 0) & (places["valid_until"] < day)
    is_out: Mask = ((places["flags"] & REPLACED) > 0) | has_ended | (places["valid_from"] > day)
    return is_out


def _may_be_versions(places: Places) -> Mask:
    """Whether passages are of different documents, and under the same headings or of the same text, of shape (n, n)."""
    headings, simhashes = places["headings"], places["simhash"]
    is_alike: Mask = (headings[:, None] == headings) & (headings != 0) | near_duplicates(simhashes[:, None], simhashes)
    is_alike &= places["document"][:, None] != places["document"]
    return is_alike


def _have_one_text(one: Places, other: Places) -> Mask:
    """Whether the two passages of each pair have nearly the same text with the same numbers; the shapes are broadcast."""
    is_one_text: Mask = near_duplicates(one["simhash"], other["simhash"]) & (one["figures"] == other["figures"])
    return is_one_text


def _pairs(marked: Mask) -> tuple[Positions, Positions]:
    """The first and the second positions of the pairs that a symmetric matrix marks, in the order of both."""
    first, second = marked.nonzero()
    is_ordered = first < second
    return first[is_ordered], second[is_ordered]


def _several(groups: Sequence[int]) -> list[list[int]]:
    """The positions of the passages of each group that has several."""
    members: dict[int, list[int]] = {}
    for position, first in enumerate(groups):
        if first != position:
            members.setdefault(first, [first]).append(position)
    return list(members.values())


def _ordered(ranking: Ranking, members: list[int], is_out: Mask) -> list[int]:
    """The members of a group in the order of their versions."""
    places, coverage = ranking.places[members], ranking.candidates.coverage[members]
    one_text = _have_one_text(places[:, None], places)
    has_date = (places["updated"] > 0) & ((places["flags"] & FILE_TIME) == 0)
    days = np.where(has_date if has_date.any() else places["updated"] > 0, places["updated"], 0)
    # Of two copies the clean one is shown, and the later date is that of both.
    days = np.where(one_text, days, 0).max(axis=1)
    # A version without a date stands where the group's first one does: nothing is known against it.
    days = np.where(days == 0, days[0], days)
    is_printed = (places["flags"] & PRINTED) > 0
    words = np.rint(coverage / _EQUAL)
    order = np.lexsort((is_printed, -days, is_out[members], -words))
    return [members[n] for n in order.tolist()]


def _put_one_in_force_first(order: list[int], ranking: Ranking, is_out: Mask) -> None:
    """Put a passage in force before a first one that is out of force, if it answers about as well."""
    if not order or not is_out[order[0]]:
        return
    fused, coverage = ranking.candidates.fused, ranking.candidates.coverage
    for slot, position in enumerate(order):
        if fused[slot] < fused[0] - _LITTLE:
            return
        if not is_out[position] and coverage[position] >= coverage[order[0]] - _EQUAL:
            order.insert(0, order.pop(slot))
            return
