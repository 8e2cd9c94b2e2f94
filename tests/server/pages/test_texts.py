"""What the pages say, and in which language."""

import re
import string
import tomllib
from pathlib import Path

import pytest
from flask import Flask

from askdex.server.api import problems
from askdex.server.pages import texts

PAGES = Path(texts.__file__).parent
LANGUAGES = sorted((PAGES / "languages").glob("*.toml"))
GUIDE = ("guide.html", "guide_base.html", "guide_results.html", "reference.html")
SOURCES = [path for path in [*PAGES.glob("templates/*.html"), *PAGES.glob("*.py")] if path.name not in GUIDE]
SAID = {message for path in SOURCES for message in re.findall(r'(?:_|\btext)\("([^"]+)"', path.read_text(encoding="utf-8"))} | {
    *problems._TITLES.values(),
    problems._BUSY,
    problems._BUILDING,
    problems._OLD_LINK,
    problems._NOTHING_HERE,
    problems._UNEXPECTED,
    problems._UNREADABLE,
}


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_language_has_all_messages_with_their_values(path: Path) -> None:
    messages = tomllib.loads(path.read_text(encoding="utf-8"))
    assert len(SAID) > 50
    assert SAID - messages.keys() == set()
    assert [message for message, words in messages.items() if fields(message) != fields(words)] == []


@pytest.mark.parametrize(
    ("accepted", "language", "words", "date"),
    [
        ("", "en", "page 3", "3 March 2024"),
        ("de-DE,de;q=0.9", "en", "page 3", "3 March 2024"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "第 3 页", "2024年3月3日"),
        ("en-US,en;q=0.9,zh;q=0.8", "en", "page 3", "3 March 2024"),
    ],
    ids=["none", "another", "Chinese", "English"],
)
def test_the_language_is_the_one_that_the_reader_prefers(accepted: str, language: str, words: str, date: str) -> None:
    with Flask("texts").test_request_context(headers={"Accept-Language": accepted}):
        assert texts.language() == language
        assert texts.text("page {n}", n=3) == words
        assert texts.spoken_date("2024-03-03") == date


@pytest.mark.parametrize(
    ("written", "spoken"),
    [("2024", "2024"), ("2024-12", "December 2024"), ("2024-02-30", "2024-02-30"), ("soon", "soon"), ("2024-1-x", "2024-1-x")],
)
def test_a_date_is_written_as_people_do(written: str, spoken: str) -> None:
    assert texts.spoken_date(written) == spoken
