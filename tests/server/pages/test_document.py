"""The page of a document."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.indexer.ingest.update import update
from tests.server.pages.site import document_id, link, only_node, opened, page_at, served, texts
from tests.stubs import StubEncoder


@pytest.mark.parametrize(("answer", "marked"), [("4-10", "office"), ("4-999999999", "office issues the card."), ("9-4", "")])
def test_the_answer_that_an_address_names_is_marked_within_its_passage(tmp_path: Path, answer: str, marked: str) -> None:
    with served(tmp_path, {"card.txt": "The office issues the card.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'card.txt')}", passage=0, answer=answer)
        assert "".join(node.text() for node in page.css("mark.answer")) == marked


CARD = "## Who issues the card?\n\nThe office issues the card.\n"
CHANGED = "The document has changed since this link to it was made."


@pytest.mark.parametrize(
    ("sections", "marked"),
    [
        (f"## Who pays for it?\n\nNobody pays.\n\n{CARD}", "The office issues the card."),
        (CARD.replace("office", "bank"), ""),
    ],
    ids=["moved", "gone"],
)
def test_a_link_marks_its_passage_or_nothing_after_the_document_has_changed(tmp_path: Path, sections: str, marked: str) -> None:
    with served(tmp_path, {"card.md": f"# Card\n\n{CARD}"}) as client:
        of_page = link(page_at(client, "/", q="Who issues the card?").css(".results h2 a")[0])
        of_json = client.get("/api/v1/search?q=Who+issues+the+card?").get_json()["results"][0]["url"]
        for address in (of_page, of_json):
            assert "".join(node.text() for node in page_at(client, address).css("mark.answer")) == "The office issues the card."
        (tmp_path / "documents" / "card.md").write_text(f"# Card\n\n{sections}", encoding="utf-8")
        update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
        for address in (of_page, of_json):
            page = page_at(client, address)
            assert "".join(node.text() for node in page.css("mark:is(.passage, .answer)")) == marked
            assert (CHANGED in texts(page, "main > p")) is (not marked)


@pytest.mark.parametrize("passage", [1, 99, 10**20])
def test_a_document_that_has_not_so_many_passages_any_more_is_opened_and_says_so(tmp_path: Path, passage: int) -> None:
    with served(tmp_path, {"card.txt": "The office issues the card.\n"}) as client:
        address = f"/documents/{document_id(client, 'card.txt')}"
        page = page_at(client, address, passage=passage, answer="0-10")
        assert not page.css("mark, #passage")
        assert CHANGED in texts(page, "main > p")
        for still_there in (page_at(client, address, passage=0), page_at(client, address)):
            assert CHANGED not in texts(still_there, "main > p")


def test_a_document_is_shown_with_its_structure(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}")
    assert texts(page, "h1") == ["Handbook of cards"]
    assert texts(page, "article h2") == ["Who issues the card?"]
    assert texts(page, "article h3") == ["What it costs"]
    assert texts(page, "article ul li") == ["A photograph is needed.", "A form is needed."]
    assert [texts(LexborHTMLParser(f"<table>{row.html}</table>"), "th, td") for row in page.css("article tr")] == [
        ["Card", "Price"],
        ["first", "free"],
        ["second", "10"],
    ]
    assert only_node(page, "article pre").text() == "card --new\n  card --lost"


def test_a_document_shows_what_is_known_of_it(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}")
    about = dict(zip(texts(page, "dl dt"), texts(page, "dl dd"), strict=True))
    assert about["File"] == "handbook.md"
    assert about["Topic"] == "cards, money"
    assert about["Year"] == "2019"


def test_numbers_and_nesting_of_a_list_are_shown_without_bullets_beside_the_numbers(tmp_path: Path) -> None:
    steps = "1. Open the card.\n   - the name\n   - the day\n\n   Both are needed.\n2. Close it.\n\nBring:\n\n- A card.\n"
    with served(tmp_path, {"steps.md": steps}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'steps.md')}")
        assert [(node.attributes["class"], node.text()) for node in page.css("article li")] == [
            ("depth-0 own-mark", "1. Open the card."),
            ("depth-1", "the name"),
            ("depth-1", "the day"),
            ("depth-0 own-mark", "Both are needed."),
            ("depth-0 own-mark", "2. Close it."),
            ("depth-0", "A card."),
        ]


def test_links_of_documents_lead_on_where_that_is_safe(tmp_path: Path) -> None:
    source = (
        "# Card\n\nAsk for the [red *card* form](https://forms.example/card?a=1&b=2), <help@card.example> or "
        "[the card rules](rules.md) [x](ftp://card.example).\n\n"
        "| [Card](HTTP://a.example) | [Fee](tel:12) |\n|--|--|\n| 1 | 2 |\n"
    )
    with served(tmp_path, {"card.md": source}) as client:
        document = page_at(client, f"/documents/{document_id(client, 'card.md')}", passage="0", q="card")
        results = page_at(client, "/", q="card")
        addresses = ["https://forms.example/card?a=1&b=2", "mailto:help@card.example", "HTTP://a.example", "tel:12"]
        for links in (document.css("article :is(p, th) > a"), results.css(".passage a")):
            assert list(map(link, links)) == addresses
            assert [node.text() for node in links] == ["red card form", "help@card.example", "Card", "Fee"]
            assert {node.attributes["rel"] for node in links} == {"nofollow noopener noreferrer"}
        assert texts(document, "article a mark.word") == ["card", "card", "Card"]


def test_a_list_of_plain_text_keeps_its_own_numbers(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'notes.txt')}")
    assert texts(page, "li.own-mark") == ["1. The first fee is low.", "2. The second fee is high."]


def test_a_document_opened_without_a_passage_has_no_marks_but_words(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}", q="card")
    assert {node.attributes["class"] for node in page.css("mark")} == {"word"}
    assert not page_at(client, f"/documents/{document_id(client, 'handbook.md')}").css("mark")
    assert not page.css("#passage")


@pytest.mark.parametrize(
    ("text", "opening"),
    [("Bring your passport.", "The office of your town"), ("second | 10", "Card"), ("Cards are issued", "Cards are issued")],
    ids=["paragraph", "table", "first paragraph"],
)
def test_the_passage_is_marked_and_anchored_where_it_begins(client: FlaskClient, text: str, opening: str) -> None:
    page = opened(client, "handbook.md", text)
    assert " ".join(only_node(page, "#passage").text().split()).startswith(opening)
    assert page.css("mark.passage")[0].text().startswith(opening)


def test_words_are_marked(client: FlaskClient) -> None:
    page = opened(client, "handbook.md", "Bring your passport.", question="Is a passport or a photograph needed?")
    assert [node.text() for node in page.css("mark.word")] == ["passport", "photograph", "needed", "needed"]


def test_arrows_lead_from_match_to_match(tmp_path: Path) -> None:
    source = (
        "# Fees\n\nThe lost card costs ten.\n\nA dog is no fee.\n\n- A lost dog.\n- A lost blue card.\n\n"
        "| Lost card | Fee |\n|--|--|\n| a lost card | nine |\n\nThe card.\n"
    )
    with served(tmp_path, {"fees.md": source, "other.md": "# Other\n\nNothing of it.\n"}) as client:
        page = opened(client, "fees.md", "The lost card", question="How much is a lost card?")
        places = [node.text().replace("↑", "").replace("↓", "").strip() for node in page.css("[id^=match-]")]
        assert places == ["The lost card costs ten.", "A lost blue card.", "Lost cardFee", "a lost cardnine"]
        assert link(only_node(page, ".places a")) == "#match-1"
        for node in page.css(".turns a"):
            assert only_node(page, link(node))
        steps = [node.attributes["aria-label"] for node in page.css(".turns a")]
        assert steps == ["Next match", *["Previous match", "Next match"] * (len(page.css(".turns")) - 2), "Previous match"]
        assert not opened(client, "fees.md", "The lost card").css(".turns, .places")


def test_a_document_without_a_title_of_its_own_gets_one(tmp_path: Path) -> None:
    with served(tmp_path, {"lost-card.txt": "card lost, what now.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'lost-card.txt')}")
        assert texts(page, "h1") == ["Lost card"]


def test_a_document_has_an_outline_that_leads_to_its_headings(tmp_path: Path) -> None:
    sections = "# Cards\n\n## First *card*\n\nRed.\n\n### Price\n\nFree.\n\n## Second card\n\nBlue.\n"
    with served(tmp_path, {"cards.md": sections, "short.md": "# Short\n\n## Only\n\nOne card.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'cards.md')}")
        entries = page.css(".contents li")
        assert [(entry.attributes["class"], entry.text()) for entry in entries] == [
            ("depth-0", "First card"),
            ("depth-1", "Price"),
            ("depth-0", "Second card"),
        ]
        for entry in entries:
            assert only_node(page, f"article {link(entry.css('a')[0])}").text() == entry.text()
        assert not page_at(client, f"/documents/{document_id(client, 'short.md')}").css(".contents")


def test_what_is_known_of_a_document_is_said_in_words(tmp_path: Path) -> None:
    dated = "---\nupdated: 2024-03-03\nvalid_until: 2030-06\nchecked: true\ntwo_words: [a, b]\n---\n# Card\n\nIt is red.\n"
    with served(tmp_path, {"dated.md": dated, "plain.txt": "Card\n\nIt is red.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'dated.md')}")
        about = dict(zip(texts(page, "dl dt"), texts(page, "dl dd"), strict=True))
        assert about == {
            "File": "dated.md",
            "Kind of file": "Markdown",
            "Updated": "3 March 2024",
            "Valid until": "June 2030",
            "Checked": "Yes",
            "Two words": "a, b",
        }
        plain = page_at(client, f"/documents/{document_id(client, 'plain.txt')}")
        about = dict(zip(texts(plain, "dl dt"), texts(plain, "dl dd"), strict=True))
        assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}", about["File last changed"])
        assert "Updated" not in about
        assert texts(plain, ".source") == ["plain.txt"]
        chinese = client.get(f"/documents/{document_id(client, 'dated.md')}", headers={"Accept-Language": "zh"})
        assert "2024年3月3日" in texts(LexborHTMLParser(chinese.text), "dl dd")
