"""Assistants and Askdex as two processes: over stdin and stdout, and over HTTP."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from mcp import Client, StdioServerParameters

from askdex.indexer.ingest.update import update
from tests.manual import GUIDE, blocks
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, StubEncoder, write_files

ROOT = Path(__file__).parents[3]
ASKED = "Who issues the card?"
ANSWER = "The office of your town issues it."
RUN_WITH_STUB = """
import sys
from askdex.indexer.models import loading
from askdex.server.cli.main import main
from tests.stubs import StubEncoder

class Talking(StubEncoder):
    def encode_questions(self, texts):
        print("encoding")
        return super().encode_questions(texts)

loading.load_encoder = lambda *_, **__: Talking()
main()
"""
"""Askdex with an encoder that needs no model and prints what it does."""

_Given = TypeVar("_Given")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", RUN_WITH_STUB, *map(str, arguments)]


def on_pipes(index: Path) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen(command("mcp", "--index", index), cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def talked(server: StdioServerParameters | str, talk: Callable[[Client], Awaitable[_Given]], mode: str = "auto") -> _Given:
    """What a talk with a server gives."""

    async def connect() -> _Given:
        with anyio.fail_after(PATIENCE_S):
            async with Client(server, mode=mode) as client:
                return await talk(client)

    return anyio.run(connect)


async def given(client: Client, name: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # as JSON has it
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    content: dict[str, Any] = result.structured_content
    return content


async def answer(client: Client) -> str | None:
    text: str | None = (await given(client, "ask", question=ASKED))["document_text"]
    return text


@pytest.fixture
def on_stdio(index: Path) -> StdioServerParameters:
    program, *arguments = command("mcp", "--index", index)
    return StdioServerParameters(command=program, args=arguments, env=dict(os.environ), cwd=ROOT)


@pytest.fixture
def over_http(index: Path) -> Iterator[Server]:
    with started(*command("serve", "--index", index, "--port", "0")) as server:
        yield server


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_assistant_starts_askdex_and_asks(on_stdio: StdioServerParameters, mode: str) -> None:
    assert talked(on_stdio, answer, mode) == ANSWER


def test_an_assistant_is_answered_from_what_is_new(on_stdio: StdioServerParameters, index: Path, tmp_path: Path) -> None:
    async def generations(client: Client) -> tuple[int, int]:
        before = await given(client, "documents")
        write_files(tmp_path / "pages", {"new.md": "# New\n\nIt is green.\n"})
        update(index, [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
        with anyio.fail_after(PATIENCE_S):
            while (after := await given(client, "documents"))["generation"] == before["generation"]:
                await anyio.sleep(0.05)
        assert after["total"] == before["total"] + 1
        return before["generation"], after["generation"]

    assert talked(on_stdio, generations) == (1, 2)


def test_nothing_but_the_protocol_is_on_stdout(index: Path) -> None:
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": client},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": ASKED}}},
    ]
    with on_pipes(index) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        answered = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == "encoding\n"
    assert [line["id"] for line in answered] == [1, 2]
    assert answered[1]["result"]["structuredContent"]["document_text"] == ANSWER


def test_ctrl_c_ends_it(index: Path) -> None:
    with on_pipes(index) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == -signal.SIGINT
        assert process.stderr.read() == ""


def test_the_program_of_the_guide_asks_a_running_server(over_http: Server) -> None:
    (program,) = blocks(GUIDE["assistants.md"], "python")
    program = program.replace("http://127.0.0.1:8080/", over_http.address)
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert asked.stdout == f"{ANSWER}\n"


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_assistant_asks_a_running_server(over_http: Server, mode: str) -> None:
    assert talked(f"{over_http.address}mcp", answer, mode) == ANSWER
    assert over_http.stopped(signal.SIGTERM) == 0
    assert "Traceback" not in over_http.output
