"""The rules of the house: who may import whom, what nobody may do."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {"corpus": {"corpus"}, "indexer": {"corpus", "indexer"}, "server": {"corpus", "indexer", "server"}}
MODULES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]
LONGEST_MODULE = 300


def imports(module: Path) -> set[str]:
    """The top-level names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            names.add((node.module or "").split(".")[0])
    return names


def name_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_go_from_server_to_indexer_to_corpus(module: Path) -> None:
    assert imports(module) & set(MAY_IMPORT) <= MAY_IMPORT[module.relative_to(ROOT).parts[0]]


@pytest.mark.parametrize(
    ("package", "foreign"),
    [
        ("corpus", {"faiss", "flask", "sqlite3", "sentence_transformers"}),
        ("indexer", {"flask", "waitress", "click"}),
    ],
)
def test_a_package_knows_only_its_own_trade(package: str, foreign: set[str]) -> None:
    assert [name_of(module) for module in (ROOT / package).rglob("*.py") if imports(module) & foreign] == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_stay_small(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_nothing_is_unpickled_or_evaluated() -> None:
    forbidden = re.compile(r"\b(pickle|marshal|shelve|eval\(|exec\(|yaml\.load\(|load_extension|trust_remote_code=True)")
    for module in MODULES:
        assert not forbidden.search(module.read_text(encoding="utf-8")), module
