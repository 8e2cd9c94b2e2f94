"""Every state of every page: where a browser finds it, and what brings it about there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from askdex.indexer.errors import StorageError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.indexer.types import BestBet, Curation
from askdex.server.access import Guard
from askdex.server.app import create_app, create_building_app
from askdex.server.batching import BusyError
from askdex.server.building import Building
from askdex.server.keys import Keys, Scope, add_key
from askdex.server.look import Logo, colour_of
from askdex.server.question_log import QuestionLog, hour
from askdex.server.rates import Rate, rate_limit
from askdex.server.settings import Site
from tests.server.browser.driver import QUESTION, address_of, served
from tests.stubs import StubEncoder, write_files

_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" width="120" height="28">
<rect width="120" height="28" rx="6" fill="#7a1f5c"/>
<text x="14" y="20" font-family="sans-serif" font-size="16" fill="#fff">Town hall</text></svg>"""
_HEBREW = "# כרטיסים\n\n## מי מקבל כרטיס\n\nכל תושב מקבל כרטיס תוך 30 ימים.\n\n- כרטיס ירוק\n- כרטיס לבן\n"
_CARDS = """---
contact: Card desk <cards@office.example>
updated: 2019-03-01
valid_until: 2020-12-31
---
# Cards

## Who issues the card?

The office of the town issues the card.

## What does a lost card cost?

| Card | Price |
| --- | --- |
| first | free |
| second | 10 |
"""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a page: the address where it is found, what has to be done there, the language that the browser prefers.

    `needs_script` is whether nothing of it is there without the script of the pages.
    """

    address: str
    act: Callable[[Page], object] = lambda _: None
    language: str = "en"
    needs_script: bool = False


NAMES = (
    "start",
    "answer",
    "answer and why",
    "narrowing opened",
    "narrowed",
    "narrowed to no answer",
    "second page",
    "page past the last",
    "corrected",
    "no answer",
    "no answer, nearest opened",
    "document",
    "document at a passage",
    "document that is gone",
    "what is held",
    "nothing left out",
    "no such page",
    "wrong parameter",
    "suggestions",
    "connection lost",
    "guide",
    "page of the guide",
    "found in the guide",
    "not found in the guide",
    "endpoint",
    "start in Chinese",
    "answer in Chinese",
    "no answer in Chinese",
    "chosen by editors",
    "warning and contact",
    "left out",
    "right to left",
    "own look",
    "feedback",
    "feedback given",
    "what people ask",
    "key needed",
    "key unknown",
    "with a key",
    "key not for that",
    "being built",
    "empty",
    "question to an empty index",
    "overloaded",
    "asked too often",
    "failing",
    "index unreadable",
    "original changed",
)


@contextmanager
def states(folder: Path, starter: Searcher) -> Iterator[dict[str, State]]:
    """All states by their names; the servers answer until the end of the block."""
    with ExitStack() as stack:
        found = {
            **_of_starter(stack.enter_context(served(starter))),
            **_of_own_documents(stack, folder / "own"),
            **_of_keys(stack, folder / "keys"),
            **_of_faults(stack, folder / "faults"),
        }
        yield {name: found[name] for name in NAMES}


def _of_starter(site: str) -> dict[str, State]:
    answer, unanswered = _question(site, QUESTION), _question(site, "best pizza in Rome")
    return {
        "start": State(site),
        "answer": State(answer),
        "answer and why": State(_question(site, QUESTION, why=1)),
        "narrowing opened": State(answer, _open_narrowing),
        "narrowed": State(_question(site, QUESTION, **{"in": "folder:cards"})),
        "narrowed to no answer": State(_question(site, "best pizza in Rome", **{"in": "folder:cards"})),
        "second page": State(_question(site, QUESTION, page=2)),
        "page past the last": State(_question(site, QUESTION, page=100)),
        "corrected": State(_question(site, "Who isues the socail security card?")),
        "no answer": State(unanswered),
        "no answer, nearest opened": State(unanswered, lambda page: page.locator(".further > summary").click()),
        "document": State(address_of(site, "cards/who-issues-each-card.html")),
        "document at a passage": State(answer, lambda page: page.locator(".results h2 a").first.click()),
        "document that is gone": State(f"{site}/documents/0123456789abcdef?{urlencode({'q': QUESTION})}"),
        "what is held": State(f"{site}/documents"),
        "nothing left out": State(f"{site}/left-out"),
        "no such page": State(f"{site}/nothing"),
        "wrong parameter": State(f"{site}/?q=card&page=0"),
        "suggestions": State(site, _begin_to_type, needs_script=True),
        "connection lost": State(answer, _lose_connection, needs_script=True),
        "guide": State(f"{site}/guide/"),
        "page of the guide": State(f"{site}/guide/deploying"),
        "found in the guide": State(f"{site}/guide/?q=nginx"),
        "not found in the guide": State(f"{site}/guide/?q=zebra"),
        "endpoint": State(f"{site}/api"),
        "start in Chinese": State(site, language="zh-CN"),
        "answer in Chinese": State(answer, language="zh-CN"),
        "no answer in Chinese": State(unanswered, language="zh-CN"),
    }


def _of_own_documents(stack: ExitStack, folder: Path) -> dict[str, State]:
    write_files(folder, {"documents/cards.md": _CARDS, "documents/hebrew.md": _HEBREW, "documents/empty.md": " "})
    bet = BestBet(("Who may have a card?",), "cards.md", "issues the card")
    searcher = _searcher(stack, folder, curation=Curation((bet,)))
    log = stack.enter_context(QuestionLog(folder / "index", 90, searcher.reader))
    look = Site(
        "Town hall",
        Logo(_LOGO, "image/svg+xml"),
        colour_of("#7a1f5c"),
        "Questions? Call 12333.",
        "Front desk <desk@town.example>",
    )
    plain, own, asking = (
        stack.enter_context(served(app))
        for app in (create_app(searcher), create_app(searcher, site=look), create_app(searcher, question_log=log))
    )
    asked = "Who issues the card?"
    answer = _question(asking, asked)
    return {
        "chosen by editors": State(_question(plain, "Who may have a card?")),
        "warning and contact": State(_question(own, "zebra crossing rules")),
        "left out": State(f"{plain}/left-out"),
        "right to left": State(_question(plain, "מי מקבל כרטיס")),
        "own look": State(_question(own, asked)),
        "feedback": State(answer),
        "feedback given": State(answer, lambda page: page.locator(".feedback button").first.click()),
        "original changed": State(plain, lambda page: _open_changed(page, folder / "documents" / "cards.md", plain)),
    }


def _of_keys(stack: ExitStack, folder: Path) -> dict[str, State]:
    write_files(folder, {"documents/cards.md": _CARDS})
    searcher = _searcher(stack, folder)
    with closing(question_log.open_log(folder / "index")) as connection:
        lost = "what does a lost card cost"
        found = [("how do I pay", False, None), (lost, True, "cards.md"), ("opening hours", False, "cards.md")]
        entries = [Asked(hour(day), asked, "fast", right, 0.5, uri, 1) for asked, right, uri in found for day in (1, 2, 3)]
        said = [Verdict(hour(1), lost, "cards.md", helped=False)]
        question_log.write(connection, [*entries, *said], 0, hour(), hour(90))
    log = stack.enter_context(QuestionLog(folder / "index", 90, searcher.reader))
    alone = Guard(Keys(folder / "none"), is_public=False, needs_keys=False, is_alone=True)
    token = add_key(folder / "keys", "anna", [Scope.READ])
    guard = Guard(Keys(folder / "keys"), is_public=False, needs_keys=True)
    rate = Guard(Keys(folder / "none"), is_public=False, needs_keys=False, rate=Rate(rate_limit("1/hour")))
    editors, guarded, limited = (
        stack.enter_context(served(create_app(searcher, question_log=log, guard=each))) for each in (alone, guard, rate)
    )
    return {
        "what people ask": State(f"{editors}/questions"),
        "key needed": State(guarded),
        "key unknown": State(guarded, lambda page: _give_key(page, "askdex_unknown")),
        "with a key": State(guarded, lambda page: _give_key(page, token)),
        "key not for that": State(f"{guarded}/questions", lambda page: _give_key(page, token)),
        "asked too often": State(limited, lambda page: page.goto(_question(limited, "card"))),
    }


def _of_faults(stack: ExitStack, folder: Path) -> dict[str, State]:
    building = Building()
    building(3, 4)
    write_files(folder, {"documents/cards.md": _CARDS})
    searcher = _searcher(stack, folder)
    remove(folder / "index", [str(folder / "documents" / "cards.md")])
    empty = create_app(searcher)
    faults = {"overloaded": BusyError("Too many questions at once: ask again in a second."), "failing": RuntimeError("x")}
    faults["index unreadable"] = StorageError("x")
    apps = {name: create_app(_failing(stack, folder, fault)) for name, fault in faults.items()}
    built, nothing, *failing = (
        stack.enter_context(served(app)) for app in (create_building_app(building), empty, *apps.values())
    )
    return {
        "being built": State(_question(built, QUESTION)),
        "empty": State(nothing),
        "question to an empty index": State(_question(nothing, QUESTION)),
        **{name: State(_question(site, QUESTION)) for name, site in zip(apps, failing, strict=True)},
    }


def _searcher(stack: ExitStack, folder: Path, curation: Curation | None = None) -> Searcher:
    """A searcher of the documents in a folder, without a model."""
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder(), curation=curation)
    return stack.enter_context(closing(open_searcher(folder / "index", lambda _: StubEncoder())))


def _failing(stack: ExitStack, folder: Path, fault: Exception) -> Searcher:
    """A searcher to which the same thing happens at every question."""

    class Failing(Searcher):
        def answers(self, _: object) -> Iterator[object]:  # type: ignore[override]
            raise fault

    return stack.enter_context(closing(Failing(Reader(folder / "index"), StubEncoder())))


def _question(site: str, question: str, **more: object) -> str:
    return f"{site}/?{urlencode({'q': question, **more})}"


def _open_narrowing(page: Page) -> None:
    if page.locator(".facets").get_attribute("open") is None:
        page.locator(".facets summary").click()


def _begin_to_type(page: Page) -> None:
    page.get_by_label("Your question").press_sequentially("card")
    expect(page.get_by_role("option").first).to_be_visible()


def _lose_connection(page: Page) -> None:
    page.route("**/livez", lambda route: route.abort("internetdisconnected"))
    page.get_by_label("Your question").press("Enter")
    expect(page.locator(".lost")).to_be_visible()


def _give_key(page: Page, token: str) -> None:
    page.get_by_label("Key").fill(token)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_load_state()


def _open_changed(page: Page, file: Path, site: str) -> None:
    file.write_text(_CARDS + "\nMore.\n", encoding="utf-8")
    page.goto(address_of(site, "cards.md") + "/original")
