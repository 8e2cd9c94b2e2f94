"""Servers over a primary and its streaming replica, while generations are published, and while what is published from dies."""

import multiprocessing
import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from askdex.indexer.generations.publish import roll_back
from askdex.indexer.postgres.address import DatabaseAddress
from tests.indexer.postgres import server
from tests.indexer.postgres.serving import Asking, asked, serving
from tests.indexer.postgres.test_publishing import Collection
from tests.stubs import wait_for

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres import catalogue, publish

pytestmark = pytest.mark.slow

QUESTION = "Which release is current?"
NAMES = ("alpha", "beta", "gamma", "delta")


class Released(Collection):
    """Documents that all say the number of the release, so that an answer of two generations gives itself away."""

    def release(self, number: int) -> None:
        self.indexed(**{name: f"# {name.title()}\n\nThe current release of {name} is number {number}." for name in NAMES})


@pytest.fixture
def primary() -> Iterator[server.Server]:
    made = server.started()
    yield made
    made.kill()


@pytest.fixture
def replica(primary: server.Server, collection: Released) -> Iterator[server.Server]:
    collection.published()
    made = server.started(primary=primary)
    yield made
    made.kill()


@pytest.fixture
def collection(tmp_path: Path, primary: server.Server) -> Released:
    made = Released(tmp_path, primary.address(primary.new_database()))
    made.release(1)
    return made


@pytest.fixture
def ports(collection: Released, replica: server.Server, tmp_path: Path) -> Iterator[list[int]]:
    """Two servers over the primary, and one over the replica."""
    database = str(collection.address).split("@/")[1].split("?")[0]
    addresses = [collection.address, collection.address, replica.address(database)]
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(each, tmp_path / f"server{n}")) for n, each in enumerate(addresses)]
        # The first question loads what reads the best passages.
        wait_for(lambda: all(generation(port) == 1 for port in ports))
        yield ports


def releases(answer: Any) -> set[int]:  # noqa: ANN401
    """The numbers that the passages of an answer say."""
    return {int(number) for result in answer["results"] for number in re.findall(r"is number (\d+)", result["text"])}


def assert_whole(answers: Sequence[tuple[int, Any]]) -> None:
    """Every answer came, and is of one generation."""
    assert answers
    for status, answer in answers:
        assert status == 200, answer
        assert len(releases(answer)) == 1, answer


def statuses(answers: Sequence[tuple[int, Any]]) -> set[int]:
    return {status for status, _ in answers}


def generation(port: int) -> int:
    status, answer = asked(port, QUESTION)
    return answer["generation"] if status == 200 else 0


def _publish_and_die(index: Path, address: DatabaseAddress) -> None:
    """A publisher that is killed when all is staged and nothing visible."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "show", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        publish.publish(index, address)


def killed_publisher(collection: Released) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_publish_and_die, args=(collection.index, collection.address))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_servers_on_both_follow_and_no_answer_is_of_two_generations(collection: Released, ports: list[int]) -> None:
    with ExitStack() as stack:
        asking = [stack.enter_context(Asking(port, QUESTION).going_on()) for port in ports]
        for number in range(2, 5):
            collection.release(number)
            killed_publisher(collection)
            for each in asking:
                each.wait_for(2)
            assert {generation(port) for port in ports} == {number - 1}
            collection.published()
            wait_for(lambda: {generation(port) for port in ports} == {number})  # noqa: B023
        roll_back(collection.index)
        collection.published()
        wait_for(lambda: {generation(port) for port in ports} == {5})
    for each in asking:
        assert_whole(each.answers)
        of_generation = {answer["generation"]: releases(answer) for _, answer in each.answers}
        assert of_generation.items() <= {1: {1}, 2: {2}, 3: {3}, 4: {4}, 5: {3}}.items()
    for port in ports:
        assert asked(port, QUESTION)[1]["results"] == asked(ports[0], QUESTION)[1]["results"]


def test_the_replica_goes_on_while_the_primary_is_dead(collection: Released, ports: list[int], primary: server.Server) -> None:
    with ExitStack() as stack:
        asking = [stack.enter_context(Asking(port, QUESTION).going_on()) for port in ports]
        for each in asking:
            each.wait_for(3)
        primary.kill()
        asking[2].wait_for(20)
        wait_for(lambda: all(503 in statuses(each.answers) for each in asking[:2]))
        primary.start()
        wait_for(lambda: all(generation(port) == 1 for port in ports))
        collection.release(2)
        collection.published()
        wait_for(lambda: all(generation(port) == 2 for port in ports))
    assert_whole(asking[2].answers)
    for each in asking[:2]:
        answered = [answer for answer in each.answers if answer[0] == 200]
        assert_whole(answered)
        assert statuses(each.answers) == {200, 503}
        assert "postgresql://" not in str([answer for status, answer in each.answers if status != 200])
