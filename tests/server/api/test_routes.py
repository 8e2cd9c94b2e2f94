"""The JSON endpoint, over the starter collection and the real model."""

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode
from askdex.server.app import create_app
from tests.server.api.shapes import RESPONSE
from tests.stubs import StubEncoder, write_files

QUESTION = "Who issues the social security card?"
ANSWERING = "cards/who-issues-each-card.html"
DOCUMENT = {"id", "title", "uri", "language", "metadata", "url", "is_file", "in_force"}
PASSAGE = {"passage_id", "document", "heading_path", "question", "text", "start", "end", "page", "url", "updated", "links"}
RESULT = PASSAGE | {"rank", "relevance", "answer", "scores", "more", "best_bet", "explanation"}

Json = dict[str, Any]


def get(client: FlaskClient, path: str, **arguments: str | int) -> Json:
    response = client.get(path, query_string=arguments)
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    body: Json = response.get_json()
    return body


def search(client: FlaskClient, question: str = QUESTION, **more: object) -> Json:
    response = client.post("/api/v1/search", json={"question": question, **more})
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    body: Json = response.get_json()
    return body


def without_timings(response: Json) -> Json:
    return {key: value for key, value in response.items() if key != "timings_ms"}


def ids(response: Json) -> list[str]:
    return [result["passage_id"] for result in response["results"]]


def is_number_or_null(value: object) -> bool:
    return value is None or type(value) is float


@pytest.fixture(scope="module")
def body(starter_searcher: Searcher) -> Json:
    return search(create_app(starter_searcher).test_client())


def test_a_misspelt_word_is_corrected_unless_that_is_refused(client: FlaskClient) -> None:
    question = "Who issues the socail security card?"
    body = search(client, question)
    assert (body["question"], body["corrected"]) == (question, QUESTION)
    assert ids(body) == ids(search(client))
    assert search(client, question, correct=False)["corrected"] is None
    assert get(client, "/api/v1/search", q=question, correct="false")["corrected"] is None


def test_a_search_has_exactly_these_parts(body: Json) -> None:
    assert set(body) == RESPONSE
    assert body["question"] == QUESTION
    assert body["mode"] == "fast"
    assert body["answered"] in (None, True, False)
    assert type(body["total"]) is int
    assert body["total"] >= len(body["results"]) == body["next_offset"] == 10
    assert body["generation"] == 1


def test_a_result_has_exactly_these_parts(body: Json) -> None:
    for result in body["results"]:
        assert set(result) == RESULT
        assert set(result["document"]) == DOCUMENT
        assert set(result["scores"]) == {"semantic", "keyword", "fused", "rerank"}
        assert all(map(is_number_or_null, [result["relevance"], *result["scores"].values()]))
        assert all(type(heading) is str for heading in result["heading_path"])
        assert result["question"] is None or type(result["question"]) is str


def test_results_of_one_document_can_be_one(client: FlaskClient, body: Json) -> None:
    assert all(result["more"] == [] for result in body["results"])
    grouped = search(client, group_by="document", limit=100)
    documents = [result["document"]["id"] for result in grouped["results"]]
    assert len(set(documents)) == len(documents) == grouped["total"]
    behind = [other for result in grouped["results"] for other in result["more"]]
    assert behind
    assert all(set(other) == PASSAGE | {"scores"} for other in behind)


def test_an_answer_has_exactly_these_parts(body: Json) -> None:
    assert set(body["answer"]) == {"text", "passage_id", "start", "end", "in_force"}
    assert set(body["results"][0]["answer"]) == {"start", "end"}


@pytest.mark.parametrize("explain", ["true", "1"])
def test_an_explanation_has_exactly_these_parts(client: FlaskClient, explain: str) -> None:
    body = get(client, "/api/v1/search", q=QUESTION, explain=explain)
    assert without_timings(body) == without_timings(search(client, explain=True))
    for result in body["results"]:
        explanation = result["explanation"]
        assert set(explanation) == {"shares", "words", "tokens"}
        assert sum(explanation["shares"].values()) == pytest.approx(result["scores"]["fused"], abs=1e-5)
        assert set(explanation["tokens"]) == {"matched", "words", "rest"}
        for word in [*explanation["words"], *explanation["tokens"]["words"]]:
            assert set(word) == {"text", "spans", "score"}
            assert all(set(span) == {"start", "end"} for span in word["spans"])


def test_results_are_not_explained_unless_asked_for(body: Json) -> None:
    assert [result["explanation"] for result in body["results"]] == [None] * 10


def test_timings_are_milliseconds_that_add_up(body: Json) -> None:
    timings = body["timings_ms"]
    assert set(timings) == {"encode", "retrieve", "rerank", "rank", "total"}
    assert min(timings.values()) >= 0
    assert timings["total"] == pytest.approx(sum(value for name, value in timings.items() if name != "total"), abs=0.01)
    assert timings["rerank"] == 0


def test_a_precise_answer_says_what_was_read_and_how_long_it_took(client: FlaskClient) -> None:
    response = search(client, mode="precise", limit=2, explain=True)
    assert response["mode"] == "precise"
    assert response["timings_ms"]["rerank"] > 0
    for result in response["results"]:
        assert result["scores"]["rerank"] == 0
        assert sum(result["explanation"]["shares"].values()) == pytest.approx(result["scores"]["fused"], abs=1e-5)
        assert 0 < result["explanation"]["shares"]["rerank"] <= 0.2


def test_the_best_result_is_the_passage_that_answers(body: Json) -> None:
    assert body["results"][0]["document"]["uri"] == ANSWERING
    assert body["results"][0]["heading_path"] == ["Who issues each card and code?"]


def test_results_come_best_first_with_ranks_from_1(body: Json) -> None:
    assert [result["rank"] for result in body["results"]] == list(range(1, 11))
    fused = [result["scores"]["fused"] for result in body["results"]]
    assert fused == sorted(fused, reverse=True)


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "How soon must a new employee be registered?",
        "Can I use my card at a pharmacy?",
        "How do I apply for my first social security card (社保卡)?",
    ],
)
def test_the_answer_is_a_span_of_the_best_passage(client: FlaskClient, question: str) -> None:
    response = search(client, question, limit=1)
    best, answer = response["results"][0], response["answer"]
    assert answer["passage_id"] == best["passage_id"]
    assert best["answer"] == {"start": answer["start"], "end": answer["end"]}
    assert answer["text"] == best["text"][answer["start"] : answer["end"]]
    assert 0 < len(answer["text"].strip()) < len(best["text"])


def test_a_result_is_a_span_of_its_document(client: FlaskClient, body: Json) -> None:
    for result in body["results"]:
        document = get(client, f"/api/v1/documents/{result['document']['id']}")
        assert result["text"] == document["text"][result["start"] : result["end"]]


def test_offsets_count_characters_not_bytes(client: FlaskClient) -> None:
    result = search(client, "What is a shèbǎo 社保 card?", filter={"document": ANSWERING}, limit=1)["results"][0]
    text = get(client, f"/api/v1/documents/{result['document']['id']}")["text"]
    assert text[result["start"] : result["end"]] == result["text"]


def test_get_and_post_give_the_same_answer(client: FlaskClient) -> None:
    posted = search(client, limit=3, offset=1, mode="keyword", filter={"folder": ["cards", "law"]})
    got = get(client, "/api/v1/search", q=QUESTION, limit=3, offset=1, mode="keyword", filter='{"folder": ["cards", "law"]}')
    assert without_timings(got) == without_timings(posted)


def test_a_number_without_a_fraction_is_an_integer_however_it_is_written(client: FlaskClient) -> None:
    written = client.post(
        "/api/v1/search",
        data=f'{{"question": "{QUESTION}", "limit": 2.0, "offset": 1e0, "generation": 1.0}}',
        content_type="application/json",
    )
    assert ids(written.get_json()) == ids(search(client, limit=2, offset=1))
    refused = client.post("/api/v1/search", json={"question": QUESTION, "limit": 2.5})
    assert (refused.status_code, refused.get_json()["errors"][0]["at"]) == (422, "limit")


def test_get_and_post_have_the_same_defaults(client: FlaskClient, body: Json) -> None:
    assert without_timings(get(client, "/api/v1/search", q=QUESTION)) == without_timings(body)


def test_the_question_comes_back_as_it_was_asked(client: FlaskClient) -> None:
    question = '  Wer zahlt für "社保" & <b>Ärzte</b>?\n'
    assert search(client, question, mode="keyword")["question"] == question


def test_pages_continue_each_other(client: FlaskClient, body: Json) -> None:
    pages = [search(client, limit=4, offset=offset) for offset in (0, 4, 8)]
    assert [n for page in pages for n in ids(page)][:10] == ids(body)
    assert [result["rank"] for page in pages for result in page["results"]] == list(range(1, 13))
    assert [page["next_offset"] for page in pages] == [4, 8, 12]
    assert {page["total"] for page in pages} == {body["total"]}


def test_following_next_offset_gives_every_result_once(client: FlaskClient) -> None:
    seen: list[str] = []
    offset: int | None = 0
    total = 0
    while offset is not None:
        page = search(client, mode="keyword", limit=30, offset=offset)
        assert page["results"]
        seen += ids(page)
        offset, total = page["next_offset"], page["total"]
    assert len(seen) == len(set(seen)) == total > 30


def test_a_page_past_the_end_is_empty(client: FlaskClient) -> None:
    page = search(client, mode="keyword", offset=10_000)
    assert (page["results"], page["answer"], page["next_offset"]) == ([], None, None)
    assert page["total"] > 0


@pytest.mark.parametrize(
    ("wanted", "uris"),
    [
        ({"folder": "cards"}, "cards/"),
        ({"folder": "CARDS"}, "cards/"),
        ({"folder": ["cards"], "format": "html"}, ".html"),
        ({"document": ANSWERING}, ANSWERING),
        ({"document": [ANSWERING, "no such document"]}, ANSWERING),
        ({"document": "short-questions.csv"}, "short-questions.csv#"),
        ({"language": "en"}, ""),
    ],
)
def test_a_filter_lets_only_its_documents_through(client: FlaskClient, wanted: Json, uris: str) -> None:
    body = search(client, mode="keyword", filter=wanted)
    assert body["results"]
    assert all(uris in result["document"]["uri"] for result in body["results"])


def test_a_filter_takes_ranges_of_dates(client: FlaskClient) -> None:
    total = search(client, mode="keyword")["total"]
    for wanted, number in (({"from": "2000"}, total), ({"to": "2000"}, 0), ({"from": "2000-01", "to": "9999-12-31"}, total)):
        assert search(client, mode="keyword", filter={"updated": wanted})["total"] == number


def test_a_filter_on_one_document_takes_its_id(client: FlaskClient, body: Json) -> None:
    document = body["results"][0]["document"]
    only = search(client, mode="semantic", filter={"document": document["id"]})
    assert {result["document"]["uri"] for result in only["results"]} == {document["uri"]}


def test_every_key_of_a_filter_counts_and_of_several_values_one(client: FlaskClient) -> None:
    both = search(client, mode="keyword", filter={"folder": ["cards", "law"]}, limit=100)
    assert {result["document"]["metadata"]["folder"] for result in both["results"]} == {"cards", "law"}
    neither = search(client, mode="keyword", filter={"folder": "cards", "document": "law/chapter-01-general-provisions.md"})
    assert neither["results"] == []


def test_a_filter_that_lets_nothing_through_answers_nothing(client: FlaskClient) -> None:
    body = search(client, filter={"language": "xx"})
    assert set(body) == RESPONSE
    assert (body["answered"], body["answer"], body["results"]) == (False, None, [])
    assert (body["total"], body["next_offset"]) == (0, None)


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_uses_its_rankers(client: FlaskClient, mode: Mode) -> None:
    body = search(client, mode=mode)
    scores = [result["scores"] for result in body["results"]]
    assert body["mode"] == mode
    assert body["results"][0]["document"]["metadata"]["folder"] == "cards"
    assert any(score["semantic"] is not None for score in scores) == (mode is not Mode.KEYWORD)
    assert any(score["keyword"] is not None for score in scores) == (mode is not Mode.SEMANTIC)


def test_the_same_question_gets_the_same_answer(client: FlaskClient, body: Json) -> None:
    assert without_timings(search(client)) == without_timings(body)


def listed(client: FlaskClient, limit: int) -> Iterator[Json]:
    offset: int | None = 0
    while offset is not None:
        page = get(client, "/api/v1/documents", limit=limit, offset=offset)
        assert set(page) == {"documents", "total", "next_offset", "generation"}
        yield page
        offset = page["next_offset"]


def test_the_list_of_documents_can_be_paged_through(client: FlaskClient) -> None:
    pages = list(listed(client, limit=50))
    documents = [document for page in pages for document in page["documents"]]
    uris = [document["uri"] for document in documents]
    assert {len(page["documents"]) for page in pages[:-1]} == {50}
    assert all(before < after for before, after in pairwise(uris))
    assert {page["total"] for page in pages} == {len(documents)}
    assert all(set(document) == DOCUMENT for document in documents)
    assert ANSWERING in uris


def test_the_list_of_documents_has_20_on_a_page_unless_told(client: FlaskClient) -> None:
    first = get(client, "/api/v1/documents")
    assert (len(first["documents"]), first["next_offset"]) == (20, 20)


def test_what_could_not_be_read_can_be_paged_through(tmp_path: Path) -> None:
    write_files(
        tmp_path / "docs", {"a.md": "# A card", "b.md": " ", "rows.jsonl": 'none\n{"question": "Is it?", "answer": "Yes."}'}
    )
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(tmp_path / "index", lambda _: StubEncoder())) as searcher:
        client = create_app(searcher).test_client()
        first = get(client, "/api/v1/left-out", limit=1)
        assert (len(first["left_out"]), first["total"], first["next_offset"]) == (1, 2, 1)
        (file,) = first["left_out"]
        assert (set(file), file["uri"], file["reason"]) == ({"uri", "reason", "since"}, "b.md", "empty")
        last = get(client, "/api/v1/left-out", offset=1)
        assert ([file["uri"] for file in last["left_out"]], last["next_offset"]) == (["rows.jsonl, line 1"], None)


def test_a_page_past_the_last_document_is_empty(client: FlaskClient) -> None:
    page = get(client, "/api/v1/documents", offset=1_000_000)
    assert (page["documents"], page["next_offset"]) == ([], None)


def test_a_document_has_its_text_and_number_of_passages(client: FlaskClient, body: Json) -> None:
    summary = body["results"][0]["document"]
    document = get(client, f"/api/v1/documents/{summary['id']}")
    assert set(document) == DOCUMENT | {"text", "passages", "links"}
    assert {key: document[key] for key in DOCUMENT} == summary
    assert summary["title"] in document["text"]
    in_passage = body["results"][0]
    start = in_passage["start"]
    moved = [{**link, "start": link["start"] + start, "end": link["end"] + start} for link in in_passage["links"]]
    assert all(link in document["links"] for link in moved)


def test_a_passage_is_the_same_by_itself_as_in_a_result(client: FlaskClient, body: Json) -> None:
    for result in body["results"]:
        passage = get(client, f"/api/v1/passages/{result['passage_id']}")
        assert set(passage) == PASSAGE
        # The address of a result leads to its answer.
        assert {**passage, "url": ""} == {**{key: result[key] for key in PASSAGE}, "url": ""}


def test_a_document_has_as_many_passages_as_it_says(client: FlaskClient, body: Json) -> None:
    document = get(client, f"/api/v1/documents/{body['results'][0]['document']['id']}")
    spans = [get(client, f"/api/v1/passages/{document['id']}-{n}") for n in range(document["passages"])]
    assert all(before["end"] <= after["start"] for before, after in pairwise(spans))
    assert client.get(f"/api/v1/passages/{document['id']}-{document['passages']}").status_code == 404


def test_a_result_of_a_file_leads_to_its_place_and_has_not_the_date_of_the_file(client: FlaskClient, body: Json) -> None:
    for result in body["results"][:3]:
        page = client.get(result["url"])
        assert page.status_code == 200
        assert '<mark id="passage"' in page.text
        assert (result["updated"], result["document"]["metadata"]["updated_from"]) == (None, "file")
    answer = body["answer"]
    assert f"answer={answer['start']}-{answer['end']}#passage" in body["results"][0]["url"]


def batch(client: FlaskClient, searches: list[Json], **more: object) -> Json:
    response = client.post("/api/v1/search/batch", json={"searches": searches, **more})
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    found: Json = response.get_json()
    return found


def test_a_batch_is_answered_as_its_searches_are(client: FlaskClient) -> None:
    searches: list[Json] = [
        {"question": QUESTION},
        {"question": "Who pays?", "limit": 2},
        {"question": "card", "mode": "keyword"},
    ]
    found = batch(client, searches, generation=1)
    assert found["generation"] == 1
    alone = [without_timings(search(client, **each)) for each in searches]
    assert [without_timings(answer) for answer in found["answers"]] == alone


def test_a_batch_may_be_as_large_as_its_questions(client: FlaskClient) -> None:
    found = batch(client, [{"question": "card " * 300, "mode": "keyword", "limit": 1}] * 100)
    assert len(found["answers"]) == 100


def test_livez_answers(client: FlaskClient) -> None:
    assert get(client, "/livez") == {"status": "ok"}


def test_readyz_says_which_generation_answers(client: FlaskClient, body: Json) -> None:
    assert get(client, "/readyz") == {"status": "ok", "generation": body["generation"]}
