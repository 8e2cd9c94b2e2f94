"""The server: its first answer, memory, and the load that it bears, in turn with txtai's server on the same passages."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.benchmarks import load, materials, peer, processes, worker
from tests.benchmarks.load import Outcome
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import median_and_range, megabytes, milliseconds, percentile, ratio, table
from tests.benchmarks.worker import Worker

_CONNECTIONS = (1, 4, 16, 64)
_WARM_UP_CONNECTIONS = 4
_LIMIT = 10
"""Results of a question: a page of them."""

_STARTS = 3
_ROUNDS = 5
_SECONDS = 4.0
"""Seconds of load for each number of connections in a round."""

_TINY_SECONDS = 0.3
_ASKDEX, _TXTAI = "askdex", "txtai"


@dataclass(slots=True)
class _Server:
    """A server to measure: how to start and ask it, and its measurements.

    `starts` are seconds to the first answer. `at_rest` and `after_load` are bytes of memory. `outcomes` are by the number of
    connections.
    """

    command: list[str]
    port: int
    path: str
    environment: dict[str, str] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    at_rest: list[float] = field(default_factory=list)
    after_load: int | None = None
    outcomes: dict[int, list[Outcome]] = field(default_factory=dict)

    def paths(self, questions: Sequence[str]) -> list[str]:
        return [self.path.format(quote(question)) for question in questions]


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    folder = materials.index(options)
    servers = {_ASKDEX: _askdex(folder)}
    try:
        servers[_TXTAI] = _txtai(options, materials.indexed_texts(folder))
    except SkippedError as error:
        yield f"skipped: {error}"
    questions = materials.questions(options)
    for number in range(1 if options.tiny else _STARTS):
        for server in servers.values():
            _start(server, questions[number])
    yield from _start_table(servers)
    _load_all(servers, questions, options)
    for connections in _CONNECTIONS:
        yield from _load_table(servers, connections)
    yield from _summary(servers)


def _askdex(folder: Path) -> _Server:
    port = processes.free_port()
    command = processes.askdex_command("serve", "--index", folder, "--port", str(port))
    return _Server(command, port, f"/api/v1/search?q={{}}&limit={_LIMIT}")


def _txtai(options: Options, passages: Sequence[str]) -> _Server:
    settings = peer.index(options, passages)
    port = processes.free_port()
    return _Server(peer.command(options, port), port, f"/search?query={{}}&limit={_LIMIT}", {"CONFIG": str(settings)})


def _start(server: _Server, question: str) -> None:
    with processes.serving(server.command, server.environment) as process:
        server.starts.append(processes.first_answer(process, server.port, server.paths([question])[0]))
        memory = processes.resident(process.pid)
        if memory is not None:
            server.at_rest.append(memory)


def _load_all(servers: dict[str, _Server], questions: Sequence[str], options: Options) -> None:
    """Put load on the servers in turn. All of them run: a server that is not asked takes no time."""
    with ExitStack() as stack:
        loader = stack.enter_context(Worker(worker.nothing))
        running = {}
        for name, server in servers.items():
            running[name] = stack.enter_context(processes.serving(server.command, server.environment))
            processes.first_answer(running[name], server.port, server.paths(questions[:1])[0])
        for server in servers.values():
            loader.call(load.ask, server.port, server.paths(questions), _WARM_UP_CONNECTIONS, _seconds(options))
        for number in range(1 if options.tiny else _ROUNDS):
            at = number * len(questions) // _ROUNDS
            for connections in _CONNECTIONS:
                for server in servers.values():
                    # Each round begins at another question, so that the rounds ask different ones.
                    paths = server.paths([*questions[at:], *questions[:at]])
                    outcome = loader.call(load.ask, server.port, paths, connections, _seconds(options))
                    server.outcomes.setdefault(connections, []).append(outcome)
        for name, server in servers.items():
            server.after_load = processes.resident(running[name].pid)


def _seconds(options: Options) -> float:
    return _TINY_SECONDS if options.tiny else _SECONDS


def _start_table(servers: dict[str, _Server]) -> Iterator[str]:
    rows = [
        [name, median_and_range(server.starts, 2), _memory(server.at_rest), _ratio_to_peer(servers, name)]
        for name, server in servers.items()
    ]
    yield from table(["started", "seconds to the first answer", "memory then", "times as fast as the peer"], rows)


def _memory(sizes: Sequence[float]) -> str:
    return megabytes(statistics.median(sizes) if sizes else None)


def _ratio_to_peer(servers: dict[str, _Server], name: str) -> str:
    return ratio(servers[_TXTAI].starts, servers[name].starts) if _TXTAI in servers else "-"


def _load_table(servers: dict[str, _Server], connections: int) -> Iterator[str]:
    heading = [f"{connections} connections", "answers/s", "p50", "p95", "p99", "shed", "failed", "times the peer"]
    yield from table(heading, [_load_row(servers, name, connections) for name in servers])


def _load_row(servers: dict[str, _Server], name: str, connections: int) -> list[str]:
    outcomes = servers[name].outcomes[connections]
    rates = [outcome.throughput for outcome in outcomes]
    peers = [outcome.throughput for outcome in servers[_TXTAI].outcomes[connections]] if _TXTAI in servers else []
    return [
        name,
        median_and_range(rates),
        *(milliseconds(_median_percentile(outcomes, share)) for share in (0.5, 0.95, 0.99)),
        f"{sum(len(outcome.shed_seconds) for outcome in outcomes):,}",
        f"{sum(outcome.failed for outcome in outcomes):,}",
        ratio(rates, peers) if peers else "-",
    ]


def _median_percentile(outcomes: Sequence[Outcome], share: float) -> float:
    """The median over the rounds of a percentile of the answers' seconds."""
    return statistics.median(percentile(outcome.answered, share) for outcome in outcomes)


def _summary(servers: dict[str, _Server]) -> Iterator[str]:
    few, many = (servers[_ASKDEX].outcomes[connections] for connections in (1, 16))
    yield f"p99 at 16 connections: {_median_percentile(many, 0.99) / _median_percentile(few, 0.5):.1f} times the p50 at 1"
    for name, server in servers.items():
        yield f"memory of {name} after the load: {megabytes(server.after_load)}"
        outcomes = [outcome for rounds in server.outcomes.values() for outcome in rounds]
        answered = sum(len(outcome.answered) for outcome in outcomes)
        own = sum(outcome.own_seconds for outcome in outcomes)
        kilobytes = sum(outcome.bytes for outcome in outcomes) / max(1, answered) / 1e3
        yield f"asking {name}: {own / max(1, answered) * 1e3:.3f} ms of a core and {kilobytes:.1f} kB an answer"
        shed = [seconds for outcome in outcomes for seconds in outcome.shed_seconds]
        if shed:
            p50, p99 = (milliseconds(percentile(shed, share)) for share in (0.5, 0.99))
            yield f"{name} said 503 within {p50} (p50), {p99} (p99)"
