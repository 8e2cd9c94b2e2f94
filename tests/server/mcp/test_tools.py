"""The tools, called by the SDK's client in this process."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, ListToolsResult, TextContent

from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Query
from askdex.server.batching import BusyError
from askdex.server.mcp.server import assistant_server
from askdex.server.mcp.tools import TOOLS
from askdex.server.service import Service
from tests.manual import GUIDE, section

ASKED = "Who issues the card?"
OLDEST = "2025-11-25"


def called(service: Service, name: str, **arguments: Any) -> CallToolResult:  # noqa: ANN401  # as JSON has it
    async def call() -> CallToolResult:
        async with Client(assistant_server(service)) as client:
            return await client.call_tool(name, arguments)

    return anyio.run(call)


def given(service: Service, name: str, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """What a tool gives; the client checks it by the schema of the tool."""
    result = called(service, name, **arguments)
    assert not result.is_error, result.content
    content: Mapping[str, Any] = result.structured_content
    assert json.loads(text(result)) == content
    return content


def refused(service: Service, name: str, **arguments: Any) -> str:  # noqa: ANN401
    result = called(service, name, **arguments)
    assert result.is_error
    assert result.structured_content is None
    assert "\n" not in text(result)
    return text(result)


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture
def service(searcher: Searcher) -> Service:
    return Service(searcher)


@pytest.fixture
def starter(starter_searcher: Searcher) -> Service:
    return Service(starter_searcher)


def test_every_tool_reads_alone_and_says_that_documents_instruct_nobody(service: Service) -> None:
    async def listed() -> tuple[ListToolsResult, str | None]:
        async with Client(assistant_server(service)) as client:
            return await client.list_tools(), client.instructions

    tools, instructions = anyio.run(listed)
    assert [tool.name for tool in tools.tools] == list(TOOLS) == ["ask", "passages", "document", "documents"]
    for tool in tools.tools:
        assert tool.annotations is not None
        hints = tool.annotations
        assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        assert (hints.idempotent_hint, hints.open_world_hint) == (True, False)
        assert "never an instruction" in (tool.description or "")
    assert "never an instruction" in (instructions or "")


def test_the_guide_tells_every_tool_with_its_arguments() -> None:
    table = section(GUIDE["assistants.md"], "## The tools").strip().partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()[2:]]
    assert {name.strip("`"): takes for name, takes, _ in rows} == {name: ", ".join(arguments_of(name)) for name in TOOLS}


def arguments_of(tool: str) -> Iterator[str]:
    """The arguments of a tool as the guide has them, each with its default where it has one."""
    for name, field in get_type_hints(TOOLS[tool])["arguments"].model_fields.items():
        yield f"`{name}`" if field.is_required() else f"`{name}` ({field.default})"


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_assistants_of_this_and_of_earlier_revisions_are_answered(service: Service, mode: Any) -> None:  # noqa: ANN401
    async def versions() -> tuple[str | None, bool]:
        async with Client(assistant_server(service), mode=mode) as client:
            result = await client.call_tool("documents")
            return client.protocol_version, result.is_error

    assert anyio.run(versions) == ({"legacy": OLDEST, "auto": "2026-07-28"}[mode], False)


def test_a_question_is_answered_with_its_sentence_passage_and_date(starter: Service) -> None:
    answer = given(starter, "ask", question="How soon must a new employee be registered?")
    assert answer["answered"] is True
    assert answer["relevance"] > 0.5
    assert answer["document_text"] == "Within 30 days of the day on which employment begins."
    passage = answer["passage"]
    assert passage["document_text"].startswith(answer["document_text"])
    assert passage["document"]["uri"] == "registration/registering-a-new-employee-within-30-days.md"
    assert passage["document"]["metadata"]["updated_from"] == "file"
    assert passage["updated"] is None
    assert answer["generation"] == 1


def test_a_question_that_nothing_answers_gets_no_text(starter: Service) -> None:
    answer = given(starter, "ask", question="How high is Mont Blanc?")
    assert answer["answered"] is False
    assert answer["relevance"] < 0.5
    assert answer["document_text"] is None
    assert answer["passage"] is None


def test_passages_are_those_of_a_search_page_by_page(service: Service) -> None:
    found = service.search(Query(ASKED)).results
    pages = [given(service, "passages", question=ASKED, limit=2, offset=offset) for offset in (0, 2)]
    shown = [passage for page in pages for passage in page["passages"]]
    assert [passage["document_text"] for passage in shown] == [result.passage.text for result in found]
    assert [page["next_offset"] for page in pages] == [2, None]
    assert {page["total"] for page in pages} == {len(found)}


def test_documents_are_listed_with_their_dates_page_by_page(service: Service) -> None:
    first, second = given(service, "documents", limit=2), given(service, "documents", limit=2, offset=2)
    documents = [*first["documents"], *second["documents"]]
    assert [document["uri"] for document in documents] == ["card.md", "costs.md", "old.md"]
    assert documents[0]["metadata"]["updated"] == "2025-03-04"
    assert [document["in_force"] for document in documents] == [True, True, False]
    assert (first["total"], first["next_offset"], second["next_offset"]) == (3, 2, None)


def test_a_document_is_read_part_by_part(service: Service) -> None:
    passage = given(service, "passages", question=ASKED)["passages"][0]
    wanted = passage["document"]["id"]
    whole = given(service, "document", id=wanted)
    assert whole["document"] == passage["document"]
    assert whole["document_text"][passage["start"] : passage["end"]] == passage["document_text"]
    assert (whole["total"], whole["next_offset"]) == (len(whole["document_text"]), None)
    read, offset = "", 0
    while offset is not None:
        part = given(service, "document", id=wanted, offset=offset, limit=30)
        read, offset = read + part["document_text"], part["next_offset"]
    assert read == whole["document_text"]
    assert given(service, "document", id=wanted, offset=10_000)["document_text"] == ""


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("ask", {"question": " "}, "The question is blank: ask something."),
        ("ask", {"question": "a" * 3_000}, "The question has 3000 characters: ask in 2000 or fewer."),
        ("ask", {}, "question: Field required"),
        ("ask", {"question": ASKED, "mode": "fast"}, "mode: Extra inputs are not permitted"),
        ("passages", {"question": ASKED, "limit": 21}, "limit: Input should be less than or equal to 20"),
        ("document", {"id": "nothing"}, "There is no document nothing."),
        ("documents", {"offset": -1}, "offset: Input should be greater than or equal to 0"),
        ("documents", {"offset": 2**70}, "offset: Input should be less than or equal to 2147483648"),
    ],
)
def test_a_wrong_call_is_told_in_a_line_what_is_wrong(
    service: Service, name: str, arguments: Mapping[str, Any], reason: str
) -> None:
    assert refused(service, name, **arguments) == reason


def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(service: Service) -> None:
    async def call() -> str:
        async with Client(assistant_server(service)) as client:
            with pytest.raises(MCPError) as raised:
                await client.call_tool("delete", {})
            return str(raised.value)

    assert "call one of ask, passages, document, documents" in anyio.run(call)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_what_is_unexpected_goes_to_the_log_alone(
    service: Service,
    mode: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    async def call() -> CallToolResult:
        async with Client(assistant_server(service), mode=mode) as client:
            return await client.call_tool("ask", {"question": ASKED})

    monkeypatch.setattr(service, "search", fail)
    with caplog.at_level(logging.ERROR):
        result = anyio.run(call)
    assert result.is_error
    assert "secret" not in text(result)
    assert "a secret" in caplog.text


def test_too_many_questions_are_told_to_come_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise BusyError("More questions are being asked than can be answered at once: ask again in a moment.")

    monkeypatch.setattr(service, "search", busy)
    assert "ask again" in refused(service, "ask", question=ASKED)
