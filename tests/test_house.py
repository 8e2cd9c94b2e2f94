"""What nobody may do here; import-linter holds who may import whom (`pyproject.toml`)."""

import re
from pathlib import Path

import askdex

MODULES = sorted(path for package in askdex.__path__ for path in Path(package).glob("*/**/*.py"))


def test_nothing_is_unpickled_or_evaluated() -> None:
    forbidden = re.compile(r"\b(pickle|marshal|shelve|eval\(|exec\(|yaml\.load\(|load_extension|trust_remote_code=True)")
    assert len(MODULES) > 100
    assert [module for module in MODULES if forbidden.search(module.read_text(encoding="utf-8"))] == []
