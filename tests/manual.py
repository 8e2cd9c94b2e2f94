"""The README and the pages of the guide, as the tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
GUIDE_FOLDER = ROOT / "server" / "guide"
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = {path.name: path.read_text(encoding="utf-8") for path in sorted(GUIDE_FOLDER.glob("*.md"))}
MANUAL = {"README.md": README} | {f"server/guide/{name}": text for name, text in GUIDE.items()}
"""All pages by their path in the repository."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of the same level."""
    level = heading.partition(" ")[0]
    _, found, below = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"there is no {heading!r}"
    return below.partition(f"\n{level} ")[0]


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in a language."""
    return [code for name, code in _BLOCK.findall(text) if name == language]


def without_blocks(text: str) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", text)


def shown_request(page: str) -> str:
    """The JSON body of the request that a page shows."""
    (body,) = re.findall(r"-d '(\{.*?\})'\n", page, re.DOTALL)
    assert isinstance(body, str)
    return body
