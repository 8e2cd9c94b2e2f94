import pytest

from askdex.corpus.text.links import with_bare_links
from askdex.corpus.types import Link


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://desk.example/form.", "https://desk.example/form"),
        ("See https://desk.example/form?a=1&b=2#top, then wait", "https://desk.example/form?a=1&b=2#top"),
        ("(see http://desk.example/a_(b))", "http://desk.example/a_(b)"),
        ("<https://desk.example/form>", "https://desk.example/form"),
        ('"https://desk.example/form"', "https://desk.example/form"),
        ("请看https://desk.example/form。谢谢", "https://desk.example/form"),
        ("请看 https://desk.example/form谢谢", "https://desk.example/form"),
        ("Voir https://desk.example/café !", "https://desk.example/café"),
        ("HTTPS://DESK.EXAMPLE/FORM;", "HTTPS://DESK.EXAMPLE/FORM"),
    ],
)
def test_an_address_is_a_link(text: str, address: str) -> None:
    (link,) = with_bare_links(text, ())
    assert (text[link.start : link.end], link.address) == (address, address)


def test_an_address_may_lack_its_scheme() -> None:
    assert with_bare_links("See www.desk.example.", ()) == (Link(4, 20, "http://www.desk.example"),)


@pytest.mark.parametrize(
    "text", ["https://", "http://.", "www.", "xhttps://desk.example", "anna@www.desk.example", "no address"]
)
def test_what_is_no_address_is_no_link(text: str) -> None:
    assert with_bare_links(text, ()) == ()


def test_an_address_within_a_link_is_none_of_its_own() -> None:
    text = "See https://a.example, https://b.example and https://c.example"
    links = [Link(0, 21, "https://a.example/x"), Link(45, 62, "https://c.example")]
    assert with_bare_links(text, links) == (links[0], Link(23, 40, "https://b.example"), links[1])


def test_closing_brackets_without_end_take_no_time() -> None:
    assert len(with_bare_links(f"https://a.example/{')' * 200_000}", ())) == 1
