import pytest

from askdex.corpus.sources.site.addresses import host_of, is_below, is_one_page, normalized

HERE = "https://example.org/docs/start"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", HERE),
        ("more", "https://example.org/docs/more"),
        ("./more/", "https://example.org/docs/more/"),
        ("../../../up.html", "https://example.org/up.html"),
        ("/a/./b/../c", "https://example.org/a/c"),
        ("/a/..", "https://example.org/"),
        ("#place", HERE),
        ("//Other.Example:443/a", "https://other.example/a"),
        ("HTTP://Example.ORG:80", "http://example.org/"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("https://example.org./a", "https://example.org/a"),
        (" /a\n/b ", "https://example.org/a/b"),
        ("/ä?q=ü", "https://example.org/%C3%A4?q=%C3%BC"),
        ("/%7euser/%c3%a4%2f", "https://example.org/~user/%C3%A4%2F"),
        ("/a b", "https://example.org/a%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("/a?utm_source=x&page=2&fbclid=y", "https://example.org/a?page=2"),
        ("/a?utm_source=x", "https://example.org/a"),
        ("/a?", "https://example.org/a"),
        ("/a;jsessionid=0A1B2C?b=1", "https://example.org/a?b=1"),
        ("/a?PHPSESSID=9f8e7d6c5b4a39281706&b=1", "https://example.org/a?b=1"),
        ("/a?sid=9f8e7d6c5b4a39281706", "https://example.org/a"),
        ("/a?sid=12", "https://example.org/a?sid=12"),
        ("/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
    ],
)
def test_an_address_has_one_spelling(written: str, address: str) -> None:
    assert normalized(written, HERE) == address
    assert normalized(address) == address


@pytest.mark.parametrize(
    "written",
    [
        *("mailto:a@example.org", "javascript:alert(1)", "data:text/html,a", "ftp://example.org/", "file:///etc/passwd"),
        *(
            "http://",
            "http://a b/",
            "http://a%20b/",
            "https://[::1/",
            "https://user:word@example.org/",
            "http://example.org:99999/",
        ),
        *("/" + 2_000 * "a", "http://" + 70 * "ü" + ".example/"),
    ],
)
def test_what_cannot_be_fetched_is_no_address(written: str) -> None:
    assert normalized(written, HERE) is None


@pytest.mark.parametrize(
    ("address", "start", "is_inside"),
    [
        ("https://h/docs/a", "https://h/docs/", True),
        ("https://h/docs", "https://h/docs", True),
        ("https://h/docs/a", "https://h/docs", True),
        ("https://h/docs?page=2", "https://h/docs", True),
        ("https://h/docs-old/a", "https://h/docs", False),
        ("https://h/documents", "https://h/docs", False),
        ("http://h/docs/a", "https://h/docs/", True),
        ("https://g/docs/a", "https://h/docs/", False),
        ("https://h/a", "https://h/", True),
        ("https://h/a.html", "https://h/a.html", True),
        ("https://h/a.html/b", "https://h/a.html", False),
        ("https://h/a?b=1", "https://h/a?b=1", True),
        ("https://h/a?b=12", "https://h/a?b=1", False),
    ],
)
def test_a_page_lies_below_an_address_or_not(address: str, start: str, is_inside: bool) -> None:  # noqa: FBT001
    assert is_below(address, start) is is_inside


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://h/", False),
        ("https://h.org", False),
        ("https://h/docs", False),
        ("https://h/docs/3.12", False),
        ("https://h/docs/v1.x/", False),
        ("https://h/a.html", True),
        ("https://h/a.pdf", True),
        ("https://h/a?id=3", True),
    ],
)
def test_an_address_names_a_page_or_a_site(address: str, is_one: bool) -> None:  # noqa: FBT001
    assert is_one_page(address) is is_one


def test_the_host_has_its_port_where_that_is_unusual() -> None:
    assert (host_of("https://h/a"), host_of("http://h:81")) == ("h", "h:81")
