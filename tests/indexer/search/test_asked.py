"""The part that asks of a question that tells a story first."""

from collections.abc import Sequence

import numpy as np
import pytest

from askdex.indexer.search.asked import asked_text
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.types import Vectors
from tests.stubs import StubReranker

STORY = "We moved to the island last week with two dogs and a cat, the last ferry was late, "


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Where is the card?", "Where is the card?"),
        (f"{STORY}how many dogs may ride on the ferry with us?", "how many dogs may ride on the ferry with us?"),
        (f"{STORY}what can we do?", "the last ferry was late, what can we do?"),
    ],
    ids=["a short one as a whole", "alone", "with the clause before it"],
)
def test_what_asks_is_taken_with_as_much_before_it_as_says_what_about(question: str, asked: str) -> None:
    assert asked_text(question) == asked


def test_of_a_long_question_the_part_that_asks_is_read_too() -> None:
    question = f"{STORY}how many dogs may ride on the ferry with us?"
    asked: list[str] = []

    class Recording(StubReranker):
        def scores(self, question: str, texts: Sequence[str]) -> Vectors:
            asked.append(question)
            return super().scores(question, texts) + np.float32(len(asked))

    stage = RerankStage(load=lambda: Recording({}), is_at_hand=True)
    assert stage.score(question, "en", "Two dogs may ride.") == pytest.approx(1.5)
    assert asked == [question, asked_text(question)]
