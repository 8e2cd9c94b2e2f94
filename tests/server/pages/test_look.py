"""Title, logo, colour and line of help of whoever serves the pages, and the search of the browser."""

from pathlib import Path

from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.server.app import create_building_app
from askdex.server.building import Building
from askdex.server.look import Logo, colour_of
from askdex.server.settings import Site
from tests.server.pages.site import SCRIPT, link, only_node, page_at, served

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
OWN = Site(
    title=f"Town & {SCRIPT}", logo=Logo(SVG, "image/svg+xml"), colour=colour_of("#7a0019"), help_line=f"Call 12 {SCRIPT}"
)


def test_the_pages_have_the_title_the_logo_and_the_line_of_help(tmp_path: Path) -> None:
    with served(tmp_path, {"card.md": "# Card\n\nThe office issues the card.\n"}, site=OWN) as client:
        for path in ("/", "/?q=card", "/left-out"):
            page = page_at(client, path)
            assert only_node(page, "title").text().endswith(OWN.title)
            picture = only_node(page, ".brand img")
            assert picture.attributes["alt"] == OWN.title
            assert OWN.help_line in only_node(page, "footer").text()
        with client.get(picture.attributes["src"] or "") as response:
            assert (response.data, response.mimetype) == (SVG, "image/svg+xml")
            assert response.headers.getlist("Content-Security-Policy") == [
                "default-src 'none'; style-src 'unsafe-inline'; sandbox"
            ]


def test_the_colour_is_a_style_sheet_of_its_own(tmp_path: Path) -> None:
    with served(tmp_path, {"card.md": "# Card\n\nThe office issues the card.\n"}, site=OWN) as client:
        sheet = client.get(link(page_at(client, "/").css("link[rel=stylesheet]")[1]))
        assert (sheet.mimetype, sheet.text.count("--accent:")) == ("text/css", 2)
        assert "#7a0019" in sheet.text


def test_without_them_all_is_as_usual(client: FlaskClient) -> None:
    page = page_at(client, "/")
    assert only_node(page, ".brand").text() == "Askdex"
    assert len(page.css("link[rel=stylesheet]")) == 1
    assert client.get("/logo").status_code == client.get("/colour.css").status_code == 404


def test_a_browser_can_ask_from_its_address_bar(client: FlaskClient) -> None:
    response = client.get(link(only_node(page_at(client, "/"), "link[rel=search]")))
    assert response.mimetype == "application/opensearchdescription+xml"
    assert '<Url type="text/html" template="http://localhost/?q={searchTerms}"/>' in response.text
    assert "<ShortName>Askdex</ShortName>" in response.text


def test_the_page_while_documents_are_read_looks_alike() -> None:
    client = create_building_app(Building(), site=OWN).test_client()
    page = LexborHTMLParser(client.get("/", headers={"Accept": "text/html"}).text)
    assert only_node(page, ".brand img").attributes["alt"] == OWN.title
    assert client.get("/colour.css").status_code == 200
