"""What of the editors' best bets and synonyms points nowhere, or is not needed."""

from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.search import synonyms
from askdex.indexer.search.best_bets import passages_of
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import BestBet, Query


class CurationFault(StrEnum):
    """Why something that editors say does nothing."""

    NO_DOCUMENT = "no document"
    NO_WORDS = "no words"
    NEEDLESS = "needless"


class IdleBet(NamedTuple):
    """A best bet that does nothing, and why."""

    bet: BestBet
    fault: CurationFault


class Idle(NamedTuple):
    """What does nothing of what editors say: best bets, and groups of synonyms of which no passage holds any words."""

    bets: list[IdleBet]
    synonyms: list[tuple[str, ...]]


def idle(folder: Path, load_encoder: EncoderLoader) -> Idle:
    """What does nothing of what editors say of the index in a folder.

    Raises MissingIndexError, DamagedIndexError, ModelError.
    """
    with closing(open_searcher(folder, load_encoder)) as searcher:
        return idle_of(searcher)


def idle_of(searcher: Searcher) -> Idle:
    """What does nothing of what editors say, in the newest generation."""
    with searcher.reader.opened() as opened:
        curation = opened.curation
        held = passages_of(opened, curation.best_bets)
        documents = opened.passages_of_documents([bet.document for bet in curation.best_bets])
        unheld = synonyms.unheld(curation.synonyms, opened.vocabulary)
    gone = {
        bet: CurationFault.NO_WORDS if bet.document in documents else CurationFault.NO_DOCUMENT
        for bet, passages in zip(curation.best_bets, held, strict=True)
        if not passages
    }
    needless = dict.fromkeys(
        _needless(searcher, [bet for bet in curation.best_bets if bet not in gone]), CurationFault.NEEDLESS
    )
    return Idle([IdleBet(*each) for each in {**gone, **needless}.items()], [tuple(group) for group in unheld])


def _needless(searcher: Searcher, bets: list[BestBet]) -> Iterator[BestBet]:
    """The bets whose documents come first, and answer, without them, whichever of their questions is asked."""
    queries = [Query(question, limit=1, curated=False) for bet in bets for question in bet.questions]
    first = {response.query.question: response for response in searcher.answers(queries)}
    for bet in bets:
        responses = [first[question] for question in bet.questions]
        if all(
            response.answered is not False
            and response.results
            and bet.document in _names(response.results[0].passage.document.uri)
            and " ".join(bet.words.casefold().split()) in " ".join(response.results[0].passage.text.casefold().split())
            for response in responses
        ):
            yield bet


def _names(uri: str) -> tuple[str, str]:
    return uri, uri.partition("#")[0]
