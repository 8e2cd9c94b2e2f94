"""What repeats across the pages of a folder and is left out, and what stays although it repeats."""

from collections.abc import Sequence

import pytest

from askdex.corpus.readers.html import page_regions, read_html
from askdex.corpus.readers.html.repeats import repeated
from tests.corpus.readers.html.pages import html_page
from tests.corpus.readers.html.site import CALL, FOOTER, HEADER, SUBJECTS, content, page, site

SITE = list(site(10).values())


def found(pages: Sequence[str]) -> frozenset[str]:
    return repeated([page_regions(page) for page in pages])


def read(pages: Sequence[str], page: str | None = None) -> str:
    """The text of a page, the first if none is given, without what repeats in these."""
    return read_html(page or pages[0], repeated=found(pages)).text


def test_only_what_stands_around_the_text_of_the_pages_is_left_out() -> None:
    assert read(SITE) == read_html(html_page(content(SUBJECTS[0]))).text
    assert {"Town of Ashby", "letter, which", "Monday"} & set(read(SITE).split("\n")) == set()
    whole = read_html(SITE[0]).text
    assert "since 1204" in whole
    assert "comes each month" in whole
    assert "Monday to Friday" in whole


@pytest.mark.parametrize("number", [8, 7])
def test_what_two_pages_of_ten_do_not_have_repeats_and_what_three_do_not_have_does_not(number: int) -> None:
    others = [page(content(subject), footer="") for subject in SUBJECTS[number:10]]
    pages = [*SITE[:number], *others]
    assert ("Monday to Friday" in read(pages)) == (number < 8)


def test_the_order_of_the_pages_does_not_matter() -> None:
    assert found(SITE) == found(SITE[::-1]) != frozenset()


@pytest.mark.parametrize(
    "own",
    [
        "<h2>How to appeal</h2><p>Appeal within 30 days.</p>",
        "<div class=x5><h2>How to appeal</h2><p>Appeal within 30 days.</p></div>",
        "<section><p>Appeal within 30 days.</p></section>",
        "<table class=x5><tr><td>Appeal</td><td>Appeal within 30 days.</td></tr></table>",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_repeats_within_the_text_of_the_pages_stays(own: str, is_first: bool) -> None:  # noqa: FBT001
    texts = [(f"<h1>Fee {n}</h1>", f"<p>It costs {n} euros.</p>") for n in range(10)]
    pages = [page(f"{title}{own}{text}" if is_first else f"{title}{text}{own}") for title, text in texts]
    assert "Appeal within 30 days." in read(pages)
    assert "Monday to Friday" not in read(pages)


def test_a_section_beside_the_text_stays_where_it_has_a_word_of_the_page() -> None:
    margin = "<div class=x3><p>The fee is {} euros.</p><p>Pay it at the desk.</p></div>"
    texts = [content(subject) + f"<p>{f'More of the {subject}. ' * 30}</p>" for subject in SUBJECTS[:10]]
    pages = [html_page(f"{HEADER}<div class=x2>{text}</div>{margin.format(n)}") for n, text in enumerate(texts)]
    assert "Pay it at the desk." in read(pages)
    assert "since 1204" not in read(pages)


@pytest.mark.parametrize("label", ["<h2>Who can apply</h2>", "<div class=x1>Who can apply?</div>", "<p>You need:</p>"])
def test_what_leads_to_the_text_after_it_stays(label: str) -> None:
    pages = [html_page(f"{HEADER}{label}<div class=x2>{content(subject)}</div>{FOOTER}") for subject in SUBJECTS[:10]]
    assert read(pages).startswith(read_html(label).text)


def test_pages_without_headings_of_their_own_stay_as_they_are() -> None:
    pages = [page(f"<p>Number {n} costs {n} euros, and {n} cents.</p>") for n in range(10)]
    assert found(pages) == frozenset()


def test_a_page_of_nothing_but_what_repeats_stays_as_it_is() -> None:
    bare = html_page(f"{HEADER}{CALL}{FOOTER}")
    assert read(SITE, bare) == read_html(bare).text


def test_the_main_part_of_a_page_stays_as_it_is() -> None:
    marked = [page.replace("<div class=x2>", "<main>").replace("</div>" + CALL, "</main>" + CALL) for page in SITE]
    assert found(marked) == frozenset()
    within = html_page(f"<article>{content('ferry')}{FOOTER}</article><p>And {'much more ' * 80}.</p>")
    assert "Monday to Friday" in read(SITE, within)


def test_other_markup_with_the_same_words_stays() -> None:
    contact = page("<h1>Contact</h1><p>We are here for you from Monday to Friday.</p>")
    assert read(SITE, contact) == read_html(html_page("<h1>Contact</h1><p>We are here for you from Monday to Friday.</p>")).text


@pytest.mark.parametrize("element", ["<div>", "<div class=x9>", "<b>", "<p>", "<table>", "<td>", "x<br>"])
def test_hostile_pages_have_no_elements_that_repeat(element: str) -> None:
    assert len(page_regions(element * 100_000)) <= 5_000
    hostile = html_page(f"{element * 20_000}{FOOTER * 300}<h1>Fees</h1><p>None.</p>")
    assert "None." in read(SITE, hostile)


def test_the_elements_of_a_page_lie_within_each_other() -> None:
    page = page_regions("<p>One.</p><div><div></div><ul><li>Two</li></ul><h2>Three</h2></div>")
    assert [region.parent for region in page] == [-1, 0, 0, 2, 3, 2]
    assert [region.is_heading for region in page] == [False] * 5 + [True]
    assert [region.leads for region in page] == [True, False, True, False, False, True]
