"""What a server does without until it is needed."""

import json
import subprocess
import sys
from pathlib import Path

from askdex.indexer.ingest.update import update
from tests.stubs import StubEncoder

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "transformers", "sentence_transformers", "scipy", "huggingface_hub", "mcp", "starlette"}
ANSWERING = """
import json, sys
from pathlib import Path
from askdex.indexer.search.searcher import open_searcher
from askdex.server import wsgi
from askdex.server.cli import main, serve
from askdex.server.app import create_app
from tests.stubs import StubEncoder

searcher = open_searcher(Path(sys.argv[1]), lambda _: StubEncoder())
client = create_app(searcher).test_client()
statuses = [client.get(path).status_code for path in ("/?q=card", "/api/v1/search?q=card")]
loaded = {name.partition(".")[0] for name in sys.modules}
searcher.close()
print(json.dumps([statuses, sorted(loaded)]))
"""


def test_a_server_over_an_index_that_is_there_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "card.txt").write_text("The card\n\nThe office issues the card. It costs nothing.\n", encoding="utf-8")
    update(tmp_path / "index", [tmp_path / "card.txt"], load_encoder=lambda _: StubEncoder())
    script = [sys.executable, "-c", ANSWERING, str(tmp_path / "index")]
    result = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True)
    statuses, loaded = json.loads(result.stdout)
    assert statuses == [200, 200]
    assert set(loaded) & HEAVY == set()
