"""A site of 500 pages with traps: what becomes of it, undisturbed and killed again and again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.ingest.update import Changes, update
from askdex.indexer.store import database, pages
from askdex.indexer.store.folder import FETCHED
from askdex.indexer.upkeep.info import left_out_files
from tests.indexer.collection import contents
from tests.site_server import SiteServer, html, serving
from tests.stubs import StubEncoder
from tests.trap_site import FAILING, FORBIDDEN, GONE, PLAIN, WITHOUT_TAG, Endless, trap_site

pytestmark = pytest.mark.slow

RULES = SiteRules(delay_s=0.0, again_s=0.01, allows_private=True, silence_s=1.0, longest_s=5.0)
ROOT = Path(__file__).parents[3]
KILLS_WHILE_FETCHING, KILLS_AFTER = 12, 4
CHILD = """
import sys
from pathlib import Path
from askdex.indexer.ingest.update import update
from tests.indexer.ingest.test_trap_site import RULES
from tests.stubs import StubEncoder

update(Path(sys.argv[1]), [sys.argv[2]], load_encoder=lambda _: StubEncoder(), site_rules=RULES)
"""


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with serving(trap_site(), Endless()) as site:
        yield site


def crawl(index: Path, site: SiteServer) -> Changes:
    return update(index, [f"{site.address}/"], load_encoder=lambda _: StubEncoder(), site_rules=RULES).changes


def state(index: Path) -> dict[str, Any]:
    """What an index holds and knows of a site, without names of crawls, times, and the page that is another each time."""
    with closing(database.open_for_reading(index)) as connection:
        records = sorted(
            (
                replace(record, crawl="", digest=b"" if record.address.endswith("/session") else record.digest)
                for record in pages.all_records(connection)
            ),
            key=lambda record: record.address,
        )
    left_out = sorted((row.uri, row.reason, row.version or b"") for row in left_out_files(index))
    return {"contents": contents(index), "left out": left_out, "records": records}


def test_a_site_with_traps_is_read_and_only_what_changes_is_fetched_again(site: SiteServer, tmp_path: Path) -> None:
    changes = crawl(tmp_path, site)
    held = {uri.removeprefix(site.address): text for uri, text in contents(tmp_path).items()}
    reasons = {skipped.uri.removeprefix(site.address): skipped.reason for skipped in changes.skipped}
    assert {f"/page/{n}" for n in range(PLAIN)} <= held.keys()
    assert held.keys() - {f"/page/{n}" for n in range(PLAIN)} == {
        *("/", "/traps", "/session", "/way/3", "/plain", "/letters", "/canonical", "/copy?a=1", "/linked-by-hidden", "/nested"),
        *(f"/calendar/{n}" for n in range(1, 20)),
        *(f"/deep/{n * 'x/'}" for n in range(1, 20)),
    }
    assert "Die Karte für alle gilt überall." in held["/letters"]
    assert reasons.keys() == {
        *FORBIDDEN,
        *FAILING,
        *GONE,
        *(
            "/loop/a",
            "/large",
            "/bomb",
            "/not-packed",
            "/picture",
            "/paper",
            "/film",
            "/empty",
            "/hidden",
            "/busy",
            "/, the rest",
        ),
        "/chain/10",
    }
    assert {path for path in site.paths() if path.startswith(("/private", "/admin"))} == set()
    assert len([path for path in site.paths() if path.startswith("/session")]) == 1
    site.asked.clear()
    again = crawl(tmp_path, site)
    assert (again.new, again.moved, again.removed) == ((), {}, ())
    # It names another session each time; nothing of it is embedded again.
    assert again.changed == (f"{site.address}/session".encode(),)
    assert set(site.paths(200)) <= {*WITHOUT_TAG, "/film"}
    site.pages["/page/77"] = html("Page 77 is another")
    site.pages["/page/439"].status = 404
    site.asked.clear()
    changes = crawl(tmp_path, site)
    assert set(site.paths(200)) - {*WITHOUT_TAG, "/film"} == {"/page/77"}
    assert [key.decode().removeprefix(site.address) for key in changes.changed] == ["/page/77", "/session"]
    assert {key.decode().removeprefix(site.address) for key in changes.removed} == {
        *("/page/309", "/page/310", "/page/311", "/page/312", "/page/439"),
    }


def _begun(index: Path, site: SiteServer) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / ".src"), str(ROOT)])}
    return subprocess.Popen([sys.executable, "-c", CHILD, str(index), f"{site.address}/"], env=environment, cwd=ROOT)


def _killed(process: "subprocess.Popen[bytes]") -> bool:
    """Kill a process at once; returns whether it had not ended by itself."""
    is_running = process.poll() is None
    if is_running:
        process.send_signal(signal.SIGKILL)
    process.wait()
    return is_running


def test_a_crawl_that_is_killed_ends_with_what_an_undisturbed_one_has(site: SiteServer, tmp_path: Path) -> None:
    crawl(tmp_path / "undisturbed", site)
    undisturbed = len(site.asked)
    site.asked.clear()
    chance = random.Random(1)
    kills = 0
    for _ in range(KILLS_WHILE_FETCHING):
        process = _begun(tmp_path / "killed", site)
        last = len(site.asked) + chance.randint(1, undisturbed // (2 * KILLS_WHILE_FETCHING))
        while len(site.asked) < last and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.random() / 50)
        kills += _killed(process)
    assert kills == KILLS_WHILE_FETCHING
    for _ in range(KILLS_AFTER):
        process = _begun(tmp_path / "killed", site)
        time.sleep(chance.uniform(1, 5))
        kills += _killed(process)
    # At most the request that was under way is sent again, and those at which the server failed are.
    failing = 3 * (len(FAILING) + 2) + 1
    process = _begun(tmp_path / "killed", site)
    assert process.wait() == 0
    assert len(site.asked) <= undisturbed + kills * (1 + failing)
    assert state(tmp_path / "killed") == state(tmp_path / "undisturbed")
    assert 0 < len([*(tmp_path / "killed" / FETCHED).iterdir()]) <= 30
