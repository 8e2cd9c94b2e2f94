"""What an HTML page says of itself."""

import pytest

from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Metadata


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<meta name="author" content="Ida Brandt"><meta name="keywords" content="rent, deposit,">',
            {"author": "Ida Brandt", "keywords": ["rent", "deposit"]},
        ),
        ('<meta property="article:modified_time" content="2024-09-03T10:00:00Z">', {"updated": "2024-09-03"}),
        ('<meta name="DCTERMS.issued" content="2024-09-03">', {"updated": "2024-09-03"}),
        ('<meta name="description" content="What a flat costs">', {"description": "What a flat costs"}),
        ('<meta name="generator" content="Pagemaker"><meta name="viewport" content="width=1">', {}),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"@type": "Article", "dateModified": '
            '"2024-09-03", "author": {"name": "Ida Brandt"}}]}</script>',
            {"updated": "2024-09-03", "author": "Ida Brandt"},
        ),
        ('<script type="application/ld+json">{"broken</script>', {}),
        (f'<script type="application/ld+json">{"[" * 100_000}</script>', {}),
    ],
)
def test_the_head_of_a_page_gives_metadata(head: str, expected: Metadata) -> None:
    page = f"<html><head>{head}</head><body><main><h1>Rent</h1><p>It is due on the third.</p></main></body></html>"
    assert read_html(page).metadata == expected


def test_only_a_time_that_is_said_to_be_the_pages_own_dates_it() -> None:
    event, own = (
        '<time datetime="2024-12-24">Christmas Eve</time>',
        '<time itemprop="dateModified" datetime="2024-09-03">x</time>',
    )
    assert read_html(f"<p>Open until {event}</p>").metadata == {}
    assert read_html(f"<p>Open until {event}</p><p>{own}</p>").metadata == {"updated": "2024-09-03"}
