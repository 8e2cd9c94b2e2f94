"""How long commands take as whole processes, beside a bare Python, and which heavy packages they import."""

from collections.abc import Iterator
from urllib.parse import quote

from tests.benchmarks import materials, processes
from tests.benchmarks.options import Options
from tests.benchmarks.table import median_and_range, ratio, table

_ROUNDS = 7
"""An odd number, so that the median is a measurement."""

_HEAVY = (
    "torch transformers sentence_transformers huggingface_hub nncf openvino faiss scipy sklearn numpy "
    "tokenizers flask pydantic apsw"
).split()
_PYTHON = "bare Python"
_QUESTION = "How do I get a new card?"
_PATH = f"/api/v1/search?q={quote(_QUESTION)}"
_SERVER = "askdex serve, first answer"


def report(options: Options) -> Iterator[str]:
    """The lines of the table."""
    folder = materials.index(options)
    commands = {
        "askdex --help": processes.askdex_command("--help"),
        "askdex ask": processes.askdex_command("ask", _QUESTION, "--index", folder),
        "askdex index, nothing to do": processes.askdex_command("index", materials.documents(options), "--index", folder),
    }
    port = processes.free_port()
    server = processes.askdex_command("serve", "--index", folder, "--port", str(port))
    times: dict[str, list[float]] = {}
    for _ in range(1 if options.tiny else _ROUNDS):
        times.setdefault(_PYTHON, []).append(processes.finished(processes.python("-c", "pass")))
        for name, command in commands.items():
            times.setdefault(name, []).append(processes.finished(command))
        times.setdefault(_SERVER, []).append(_first_answer(server, port))
    imports = {name: processes.imported(command) for name, command in commands.items()}
    imports[_SERVER] = processes.imported(server, port, _PATH)
    rows = [[name, median_and_range(seconds, 2), ratio(seconds, times[_PYTHON])] for name, seconds in times.items()]
    yield from table(["process", "seconds", "times a bare Python"], rows)
    for name, packages in imports.items():
        yield f"{name} imports of what is heavy: {', '.join(package for package in _HEAVY if package in packages) or 'nothing'}"


def _first_answer(command: list[str], port: int) -> float:
    with processes.serving(command) as process:
        return processes.first_answer(process, port, _PATH)
