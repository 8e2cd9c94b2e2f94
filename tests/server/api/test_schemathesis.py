"""The running server, asked by schemathesis whatever its own description allows, and what it does not.

For more requests, `ASKDEX_EXAMPLES=200` lets it invent up to so many for each operation too.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manual import ROOT
from tests.server.processes import started

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = int(os.environ.get("ASKDEX_EXAMPLES", "0"))
PATIENCE_S = 900 + 30 * EXAMPLES
SERVER = """
from pathlib import Path
from askdex.indexer.ingest.update import update
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import open_searcher
from askdex.server import wsgi
from askdex.server.app import create_app
from tests.stubs import StubReranker, WordyEncoder, write_files

if __name__ == "__main__":
    card = "---\\ntopic: cards\\n---\\n# The card 😀\\n\\n## Who issues the card?\\n\\nThe office does. It takes a day.\\n"
    write_files(Path("documents"), {"card.md": card, "costs.txt": "Costs\\n\\nThe first card is free.\\n", "none.md": " "})
    update(Path("index"), [Path("documents")], load_encoder=lambda _: WordyEncoder())
    searcher = open_searcher(Path("index"), lambda _: WordyEncoder(), RerankStage(load=lambda *_: StubReranker({})))
    listener = wsgi.take_address("127.0.0.1", 0)
    wsgi.run(create_app(searcher), listener, lambda: print(wsgi.url(listener), flush=True))
"""
"""It needs no model. Readers of files are new processes, which import this as the main program."""


@pytest.mark.slow
def test_the_server_keeps_to_its_own_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / ".src"))))
    monkeypatch.setenv("SCHEMATHESIS_HOOKS", "tests.server.api.schemathesis_hooks")
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    phases = "examples,coverage,fuzzing" if EXAMPLES else "examples,coverage"
    options = ["--checks", "all", "--phases", phases, "--continue-on-failure", "--no-color"]
    options += ["--max-examples", str(EXAMPLES)] if EXAMPLES else []
    with started(sys.executable, program) as server:
        command = [str(SCHEMATHESIS), "run", f"{server.address}api/v1/openapi.json", *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert ran.returncode == 0, ran.stdout
    (generated,) = re.findall(r"(\d+) generated", ran.stdout)
    assert int(generated) > 300, ran.stdout
    print(f"{generated} requests")  # noqa: T201  # for who runs it by hand, with -s
