"""The page of results."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from askdex.indexer.ingest.update import update
from askdex.indexer.types import Mode
from askdex.server.settings import Site
from tests.corpus.readers.archives import zipped
from tests.corpus.readers.presentations import line, pptx, shape, slide
from tests.corpus.readers.workbooks import xlsx
from tests.server.pages.site import (
    NOTES,
    SCRIPT,
    Tree,
    letters,
    link,
    only_node,
    page_at,
    served,
    texts,
)
from tests.stubs import StubEncoder, WordyEncoder


@pytest.mark.parametrize("mode", ["fast", "precise"])
def test_the_choice_of_a_mode_goes_along_from_page_to_page(client: FlaskClient, mode: str) -> None:
    page = page_at(client, "/", q="card", mode=mode)
    assert only_node(page, "form [name=mode]").attributes["value"] == mode
    after = parse_qs(urlsplit(link(only_node(page, ".pager a"))).query)
    assert after == {"q": ["card"], "mode": [mode], "page": ["2"], "generation": ["1"]}
    document = page_at(client, link(page.css(".results h2 a")[0]))
    assert parse_qs(urlsplit(link(only_node(document, ".back a"))).query) == {"q": ["card"], "mode": [mode]}
    assert not page_at(client, "/", q="card").css("form [name=mode]")


def test_the_best_passages_are_read_closely_unasked_and_that_can_be_left_out(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card")
    assert texts(page, ".further + p.quiet, .pager + p.quiet") == [
        "The best passages were read closely. Answer without that, which is faster"
    ]
    after = parse_qs(urlsplit(link(only_node(page, ".pager a"))).query)
    assert after == {"q": ["card"], "page": ["2"], "generation": ["1"], "ranked": ["precise"]}
    fast = page_at(client, link(only_node(page, ".pager + p a")))
    assert texts(fast, ".pager + p.quiet") == ["Read the best passages closely"]
    assert link(only_node(fast, ".pager + p a")) == "/?q=card&mode=precise"


def test_where_somebody_waits_for_close_reading_the_page_does_without(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.server.batching.Batcher.is_free_for_slow", False)
    assert texts(page_at(client, "/", q="card"), ".pager + p.quiet") == ["Read the best passages closely"]
    page = page_at(client, "/", q="card", page=2, ranked="precise")
    assert texts(page, ".pager + p.quiet") == ["The best passages were read closely. Answer without that, which is faster"]


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.PRECISE])
def test_a_mode_that_is_set_counts_where_the_asker_chooses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    # By itself it would be the other one.
    monkeypatch.setattr("askdex.server.batching.Batcher.is_free_for_slow", mode is Mode.FAST)
    files = {"card.txt": "The card\n\nThe office issues the card.\n"}
    with served(tmp_path, files, site=Site(mode=mode)) as client:
        read_closely = [
            bool(page_at(client, "/", q="card", **chosen).css('.pager + p a[href*="mode=fast"]'))
            for chosen in ({}, {"mode": "fast"}, {"mode": "precise"})
        ]
    assert read_closely == [mode is Mode.PRECISE, False, True]


def test_where_there_is_no_reranker_nothing_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: False)
    with served(tmp_path, {"card.txt": "The card\n\nThe office issues the card.\n"}) as client:
        page = page_at(client, "/", q="card")
        assert not page.css("form [name=mode], .pager + p")


def test_every_page_of_a_question_that_finds_nothing_says_so(tmp_path: Path) -> None:
    with served(tmp_path, {"card.txt": "The card\n\nThe office issues the card.\n"}) as client:
        for number in (1, 2):
            assert texts(page_at(client, "/", q="card -card", page=number), "main h2") == ["Nothing was found"]


def test_the_address_of_an_answer_holds_the_question(client: FlaskClient) -> None:
    question = 'Who issues "the card" & why? 社保 ü+%'
    page = page_at(client, "/", q=question)
    assert only_node(page, "form textarea").text() == question
    assert only_node(page, "title").text() == f"{question} – Askdex"
    assert texts(page, "h1") == [f"Answers to: {question}"]
    back = only_node(page_at(client, link(page.css(".results h2 a")[0])), ".back a")
    assert parse_qs(urlsplit(link(back)).query) == {"q": [question]}


def test_a_result_shows_where_it_comes_from(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    best = page.css(".results > li")[0]
    assert [node.text() for node in best.css("h2")] == ["Handbook of cards"]
    assert [node.text() for node in best.css(".way")] == ["Who issues the card?"]
    # The time when the file was saved is no date of the document: it changes whenever the file is copied.
    assert " ".join(best.css(".source")[0].text().split()) == "handbook.md"


@pytest.mark.parametrize(
    ("metadata", "date", "warning"),
    [
        ("updated: 2024-03-03", "updated 3 March 2024", []),
        ("updated: 2024-03", "updated March 2024", []),
        ("updated: 2024", "updated 2024", []),
        (
            "updated: 2019-12-31\nreplaced_by: Card <rules>",
            "updated 31 December 2019",
            ["This was superseded by Card <rules>."],
        ),
        (
            "updated: 2019-12-31\nstatus: archived",
            "updated 31 December 2019",
            ["This may no longer hold: it is marked as archived."],
        ),
        (
            "updated: 2019-12-31\nvalid_until: 2020-06-01",
            "updated 31 December 2019",
            ["This may no longer hold: it was valid until 1 June 2020."],
        ),
        (
            "updated: 2019-12-31\nvalid_from: 2999-06",
            "updated 31 December 2019",
            ["This does not hold yet: it is valid from June 2999."],
        ),
    ],
    ids=["day", "month", "year", "superseded", "status", "expired", "not yet"],
)
def test_answer_and_document_say_how_old_they_are_and_whether_they_hold(
    tmp_path: Path, metadata: str, date: str, warning: list[str]
) -> None:
    with served(tmp_path, {"card.md": f"---\n{metadata}\n---\n# Card\n\nThe office issues the card.\n"}) as client:
        results = page_at(client, "/", q="Who issues the card?")
        document = page_at(client, link(only_node(results, ".best h2 a")))
        for page in (results, document):
            assert texts(page, ".source")[0] == f"{date} · card.md"
            assert texts(page, ".warning") == warning


def test_the_answer_is_marked_in_its_passage_in_a_card_of_its_own_and_is_there_once(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    answer = "The office of your town issues the card."
    first, *others = page.css(".results > li")
    assert "".join(node.text() for node in first.css(".best mark.answer")) == answer
    assert len(page.css(".best")) == 1
    assert only_node(page, "main").text().count(answer) == 1
    assert others
    assert not any(result.css("mark.answer") for result in others)
    document = page_at(client, link(page.css(".best h2 a")[0]))
    assert "".join(node.text() for node in document.css("mark.answer")) == answer


def test_tables_and_lists_of_a_passage_stay_what_they_are(tmp_path: Path) -> None:
    table = "# Prices\n\n| Card | Price |\n|--|--|\n| first | free |\n| second | 10 |\n"
    with served(tmp_path, {"prices.md": table, "notes.txt": NOTES}) as client:
        page = page_at(client, "/", q="second card 10 price")
        rows = page.css(".results table tr")
        assert [[cell.text() for cell in row.css("th, td")] for row in rows] == [
            ["Card", "Price"],
            ["first", "free"],
            ["second", "10"],
        ]
        assert [cell.attributes["scope"] for cell in page.css("th")] == ["col", "col"]
        assert "".join(node.text() for node in page.css(".best mark.answer")) == "second10"
        items = page.css(".results li.own-mark")
        assert [node.text() for node in items] == ["1. The first fee is low.", "2. The second fee is high."]


def test_cells_stand_below_the_names_of_their_columns_behind_empty_ones(tmp_path: Path) -> None:
    table = "# Prices\n\n| | Adults | Children |\n|--|--|--|\n| Day | 9 | 5 |\n| | | Christmas 6 |\n"
    with served(tmp_path, {"prices.md": table, "notes.txt": NOTES}) as client:
        page = page_at(client, "/", q="children christmas 6")
        assert [[cell.text() for cell in row.css("th, td")] for row in page.css(".results table tr")] == [
            ["", "Adults", "Children"],
            ["Day", "9", "5"],
            ["", "", "Christmas 6"],
        ]
        # A cell that names no column is none that a screen reader tells as a name.
        assert [cell.text() for cell in page.css(".results table th")] == ["Adults", "Children"]
        assert "".join(node.text() for node in page.css(".best mark.answer")) == "Christmas 6"


def test_a_passage_that_begins_within_a_table_has_the_names_of_its_columns(tmp_path: Path) -> None:
    rows = "\n".join(f"| card {n} | the office of town {n} in the north of the land |" for n in range(40))
    with served(tmp_path, {"cards.md": f"# Cards\n\n## By town\n\n| Card | Who issues it |\n|--|--|\n{rows}\n"}) as client:
        page = page_at(client, "/", q="card 35")
        best = page.css(".results > li")[0]
        assert [node.text() for node in best.css("th")] == ["Card", "Who issues it"]
        assert "card 0" not in [cell.text() for cell in best.css("td")]
        assert [node.text() for node in best.css(".way")] == ["By town"]


def test_the_telling_words_of_the_question_are_marked_in_the_passages(tmp_path: Path) -> None:
    files: Tree = {f"{n}.md": f"# Card {n}\n\nThe card of town {n}.\n" for n in range(20)}
    issued: Tree = {name: f"# {name}\n\nA card is issued by {name}.\n" for name in ("north", "south")}
    with served(tmp_path, {**files, **issued}) as client:
        page = page_at(client, "/", q="Who is issuing cards?")
        assert set(texts(page, ".results mark.word")) == {"issued"}
        assert {node.text().lower() for node in page_at(client, "/", q="card").css("mark.word")} == {"card"}


def test_marks_leave_the_text_of_a_passage_as_it_is(client: FlaskClient) -> None:
    question = "Who issues the card?"
    results = client.get("/api/v1/search", query_string={"q": question, "group_by": "document"}).get_json()["results"]
    shown = [letters(node.text()) for node in page_at(client, "/", q=question).css(".results .passage")]
    assert shown == [letters(result["text"]) for result in results]


def test_the_others_of_a_document_stand_behind_its_best_passage(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    body = client.get("/api/v1/search", query_string={"q": "Who issues the card?", "group_by": "document"}).get_json()
    behind = [len(result["more"]) for result in body["results"]]
    assert behind[0] == 2
    assert [len(result.css(".more a")) for result in page.css(".results > li")] == behind
    assert texts(page, "p:has(+ .more)") == ["Also in this document"] * sum(number > 0 for number in behind)
    first = body["results"][0]["more"][0]
    way = link(page.css(".results .more a")[0])
    assert parse_qs(urlsplit(way).query)["passage"] == [first["passage_id"].rpartition("-")[2]]


def test_a_result_leads_to_its_passage(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    for result in page.css(".results > li")[:4]:
        way = link(result.css("h2 a")[0])
        assert urlsplit(way).fragment == "passage"
        document = page_at(client, way)
        assert only_node(document, "#passage")
        marked, passage = (
            "".join(node.text() for node in nodes) for nodes in (document.css("mark.passage"), result.css(".passage"))
        )
        assert letters(marked) == letters(passage)


def test_a_result_says_why_it_is_there_when_asked(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card", page=2)
    assert not page.css(".why")
    way = link(page.css("a[aria-label='Why? Result 12']")[0])
    assert urlsplit(way).fragment == only_node(page, "#result-12").attributes["id"]
    page = page_at(client, way)
    assert len(page.css(".results details")) == 10
    assert page.css("details[open]")[0] == only_node(page, "#result-12 details")
    shown = " ".join(only_node(page, "#result-12 details").text().split())
    assert re.search(r"It scores 0\.\d{3}: by meaning 0\.\d{3}.*by its words 0\.\d{3}.*card \d\.\d{3}", shown)


def test_results_tell_the_slide_and_the_file_within_a_file(tmp_path: Path) -> None:
    slides = (slide(shape(line(f"Card {n}"), place="title"), shape(line(f"The card of kind {n} is free."))) for n in (1, 2))
    with served(tmp_path, {"drive.zip": zipped({"talks/cards.pptx": pptx(*slides)})}) as client:
        found = texts(page_at(client, "/", q="card of kind 2"), ".source")
    assert {source.rpartition(" · ")[2] for source in found} <= {f"drive.zip/talks/cards.pptx, slide {n}" for n in (1, 2)}
    assert found


def test_results_tell_the_sheet_of_a_row(tmp_path: Path) -> None:
    rows = [["Question", "Answer"], ["Who pays?", "The office pays for the card."]]
    with served(tmp_path, {"faq.xlsx": xlsx({"Lost cards": rows}), "other.xlsx": xlsx({"Sheet1": rows})}) as client:
        found = texts(page_at(client, "/", q="who pays for the card"), ".source")
    assert any(", sheet Lost cards" in source for source in found)
    assert not any("Sheet1" in source for source in found)


def test_results_can_be_paged_through_and_back(client: FlaskClient) -> None:
    total = client.get("/api/v1/search?q=card&group_by=document").get_json()["total"]
    page = page_at(client, "/", q="card")
    seen = texts(page, ".results h2")
    firsts = [page.css(".results")[0].attributes["start"]]
    assert not page.css("a[rel=prev]")
    while forth := page.css("a[rel=next]"):
        page = page_at(client, link(forth[0]))
        seen += texts(page, ".results h2")
        firsts.append(page.css(".results")[0].attributes["start"])
    assert len(seen) == total > 30
    assert firsts == [str(first) for first in range(1, total + 1, 10)]
    back = parse_qs(urlsplit(link(only_node(page, "a[rel=prev]"))).query)
    assert (back["q"], back["page"]) == (["card"], [str(len(firsts) - 1)])


def test_pages_are_of_one_state_for_as_long_as_it_is_held(tmp_path: Path) -> None:
    def card(number: int) -> str:
        return f"# Card {number}\n\nA card of kind {number}.\n"

    def add(number: int) -> None:
        (tmp_path / "documents" / f"{number}.md").write_text(card(number), encoding="utf-8")
        update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())

    with served(tmp_path, {f"{n}.md": card(n) for n in range(15)}) as client:
        first = page_at(client, "/", q="card of kind")
        add(15)
        second = page_at(client, link(only_node(first, "[rel=next]")))
        assert len(set(texts(first, ".uri") + texts(second, ".uri"))) == 15
        assert not second.css("main [role=status]")
        why = page_at(client, link(second.css(".tools a")[0]))
        assert texts(why, ".uri") == texts(second, ".uri")
        add(16)
        # As in a bookmark, of a state that is gone.
        second = page_at(client, link(only_node(first, "[rel=next]")))
        assert len(texts(second, ".uri")) == 7
        assert texts(second, "main [role=status] a") == ["back to the first"]
        assert link(only_node(second, "[rel=prev]")).endswith("&generation=3&ranked=precise")


def test_only_the_first_page_shows_the_answer(client: FlaskClient) -> None:
    question = "Who issues the card?"
    assert page_at(client, "/", q=question).css(".best")
    assert not page_at(client, "/", q=question, page=2).css(".best")


def test_where_no_passage_answers_the_page_says_so_and_marks_none(client: FlaskClient) -> None:
    page = page_at(client, "/", q="zebra crossing rules")
    assert texts(page, ".unanswered h2") == ["No passage seems to answer this"]
    assert not page.css(".best")
    assert not page.css("mark.answer")


def test_where_no_passage_answers_the_nearest_are_folded_away_and_not_counted(client: FlaskClient) -> None:
    question = "zebra crossing rules"
    page = page_at(client, "/", q=question)
    assert not page.css(":not(.further) > .results")
    assert len(page.css(".further .results > li")) == 10
    assert only_node(page, ".further a[rel=next]")
    assert "open" not in only_node(page, ".further").attributes
    assert not re.search(r"\d+ results", only_node(page, "main").text())
    assert "open" in only_node(page_at(client, "/", q=question, why=4), ".further").attributes
    assert not page_at(client, "/", q=question, page=2).css(".further")
    assert not page_at(client, "/", q="Who issues the card?").css(".further")


def test_results_are_narrowed_down_behind_the_answer_and_only_where_something_answers(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    parts = [node.attributes["class"] for node in page.css("main > .results, main > details, main > .chosen")]
    assert parts == ["results", "facets", "results"]
    assert [len(listed.css("li[id]")) for listed in page.css(".results")] == [1, 9]
    assert [listed.attributes["start"] for listed in page.css(".results")] == ["1", "2"]
    assert "open" not in only_node(page, ".facets").attributes
    assert not page_at(client, "/", q="zebra crossing rules").css(".facets")


def test_where_no_passage_answers_the_page_says_whom_to_ask(tmp_path: Path) -> None:
    files = {
        "a.md": f"---\nContact: 'Card desk <cards@office.example>'\n---\n# Card\n\nA card {SCRIPT}.\n",
        "b.md": "---\nowner: [Finance, 'https://desk.example/']\n---\n# Cards\n\nCards are red.\n",
        "c.md": "---\nowner: Finance\n---\n# The cards\n\nCards are blue.\n",
    }
    with served(tmp_path, files, site=Site(contact="Help desk <help@office.example>")) as client:
        page = page_at(client, "/", q="zebra crossing rules")
        assert [node.text().partition(" named in")[0].strip() for node in page.css(".contacts li")][-1] == (
            "Help desk, help@office.example"
        )
        assert {" ".join(node.text().split()) for node in page.css(".contacts li")} >= {
            "Card desk, cards@office.example named in “Card”",
            "https://desk.example/ named in “Cards”",
        }
        assert sum("Finance" in node.text() for node in page.css(".contacts li")) == 1
        assert {link(node) for node in page.css(".contacts a")} == {
            "mailto:cards@office.example",
            "https://desk.example/",
            "mailto:help@office.example",
        }
        assert not page_at(client, "/", q="Which cards are red?").css(".contacts")


def test_a_page_past_the_results_says_so(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card", page=100)
    assert texts(page, "h2") == ["There are no more results"]


def test_a_correction_is_shown_and_can_be_undone(tmp_path: Path) -> None:
    files: Tree = {f"card-{n:02}.md": f"# Passport {n}\n\nThe passport of kind {n}.\n" for n in range(20)}
    with served(tmp_path, files, WordyEncoder("kind")) as client:
        page = page_at(client, "/", q="pasport kind & <7>")
        corrected_link, as_written_link = only_node(page, ".corrected").css("a")
        assert only_node(page, ".corrected").text().split() == (
            "Showing results for passport kind & <7>. Search instead for pasport kind & <7>.".split()
        )
        assert link(corrected_link) == "/?q=passport+kind+%26+%3C7%3E"
        assert link(as_written_link) == "/?q=pasport+kind+%26+%3C7%3E&correct=false"
        assert link(only_node(page, "[rel=next]")) == "/?q=pasport+kind+%26+%3C7%3E&page=2&generation=1&ranked=precise"
        as_written = page_at(client, link(as_written_link))
        assert as_written.css_first(".corrected") is None
        assert link(only_node(as_written, "[rel=next]")).endswith("&page=2&correct=false&generation=1&ranked=precise")
        document = page_at(client, link(as_written.css(".results h2 a")[0]))
        assert link(only_node(document, ".back a")) == link(as_written_link)
        assert page_at(client, link(corrected_link)).css_first(".corrected") is None


def test_see_also_names_document_and_heading_each_once_and_none_of_the_result_itself(tmp_path: Path) -> None:
    law = "\n\n".join(f"## Legal basis\n\nArticle {n} of the law on red cards of the town is the basis." for n in range(6))
    fees = "## Fees\n\nA red card of the town costs what the law says."
    with served(tmp_path, {"card.md": f"# Red card\n\nThe office issues the red card.\n\n{law}\n\n{fees}\n"}) as client:
        page = page_at(client, "/", q="red card law")
        names = texts(page, ".more a")
        own = f"Red card › {only_node(page, '.way').text()}"
        assert {own, *names} >= {"Red card › Legal basis", "Red card › Fees"}
        assert len({own, *names}) == 1 + len(names)


def test_a_heading_that_asks_nothing_has_the_beginning_of_what_stands_below_it(tmp_path: Path) -> None:
    basis = "Article 58 of the law on red cards of the town, in the version of the year 2019, says who may have a red card."
    fees = "## What does a red card cost?\n\nA red card of the town is free."
    with served(
        tmp_path, {"card.md": f"# Red card\n\nThe office issues it.\n\n## Legal basis\n\n{basis}\n\n{fees}\n"}
    ) as client:
        page = page_at(client, "/", q="Who issues the red card of the office?")
        shown = {" ".join(node.text().split()) for node in page.css(".more li")}
        start = "Article 58 of the law on red cards of the town, in the version of the year…"
        assert {"Red card › What does a red card cost?", f"Red card › Legal basis {start}"} <= shown
