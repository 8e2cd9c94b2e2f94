"""Offsets in UTF-16 units, as JavaScript counts, of texts with characters that take two of them."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.server.api.models.offsets import Utf16
from askdex.server.app import create_app
from tests.stubs import WordyEncoder, write_files

DOCUMENT = (
    "# The card 😀\n\nGood to know 👍🏽 first: it is free.\n\n## Who issues it?\n\n"
    "😀 Hello. The office 🏛️ issues the card, see [its page 🔗](https://office.example/). It takes 𠀀 a day.\n"
)
SEARCH: dict[str, object] = {"question": "Who issues the card?", "explain": True}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("offsets")
    write_files(folder / "documents", {"card.md": DOCUMENT})
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: WordyEncoder())
    with closing(open_searcher(folder / "index", lambda _: WordyEncoder())) as searcher:
        yield create_app(searcher).test_client()


def asked(client: FlaskClient, offsets: str) -> Json:
    body: Json = client.post("/api/v1/search", json={**SEARCH, "offsets": offsets}).get_json()
    return body


def sliced(text: str, span: Json) -> str:
    """What JavaScript's `slice` gives."""
    return text.encode("utf-16-le")[2 * span["start"] : 2 * span["end"]].decode("utf-16-le")


def spans_of(result: Json) -> list[Json]:
    explanation = result["explanation"]
    words = [*explanation["words"], *(explanation["tokens"] or {"words": []})["words"]]
    answers = [result["answer"]] if result["answer"] else []
    return [*answers, *result["links"], *(span for word in words for span in word["spans"])]


def test_a_wide_character_counts_two() -> None:
    units = Utf16("a😀b𠀀")
    assert [units(offset) for offset in range(5)] == [0, 1, 3, 4, 6]


def test_every_offset_of_an_answer_cuts_what_it_cuts_in_characters(client: FlaskClient) -> None:
    usual, wide = asked(client, "characters"), asked(client, "utf-16")
    seen = 0
    for in_characters, in_units in zip(usual["results"], wide["results"], strict=True):
        text = in_characters["text"]
        for before, after in zip(spans_of(in_characters), spans_of(in_units), strict=True):
            assert sliced(text, after) == text[before["start"] : before["end"]]
            seen += before != after
        document = client.get(f"/api/v1/documents/{in_units['document']['id']}").get_json()
        assert sliced(document["text"], in_units) == text
        passage = client.get(f"/api/v1/passages/{in_units['passage_id']}?offsets=utf-16").get_json()
        assert (passage["start"], passage["end"]) == (in_units["start"], in_units["end"])
    assert seen >= 3
    answer = wide["answer"]
    assert sliced(wide["results"][0]["text"], answer) == answer["text"] == usual["answer"]["text"]
    assert answer["start"] != usual["answer"]["start"]


def test_the_links_of_a_document_are_counted_too(client: FlaskClient) -> None:
    document_id = asked(client, "characters")["results"][0]["document"]["id"]
    document = client.get(f"/api/v1/documents/{document_id}?offsets=utf-16").get_json()
    assert [sliced(document["text"], link) for link in document["links"]] == ["its page 🔗"]


def test_each_search_of_a_batch_has_its_own_offsets(client: FlaskClient) -> None:
    searches = [{**SEARCH, "offsets": offsets} for offsets in ("characters", "utf-16")]
    answers = client.post("/api/v1/search/batch", json={"searches": searches}).get_json()["answers"]
    assert [answer["answer"] for answer in answers] == [asked(client, each)["answer"] for each in ("characters", "utf-16")]
