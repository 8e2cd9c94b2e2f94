"""What a page says to programs that go through a site: its links, its own address, and what it does not want."""

import re

from selectolax.lexbor import LexborNode

from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.sources.site.hints import ROBOT, Hints

_MOST_LINKS = 5_000
"""Links of a page that are followed; a page with more is made to be endless, or is a list that no one reads."""
_LONGEST = 2 * 2**20
"""Characters of a page that are looked at; each link in it takes far more memory than its characters."""
_NOT_FOLLOWED = frozenset(("nofollow", "ugc", "sponsored"))
"""What a link is that its page does not stand for."""
_REFRESH = re.compile(r"\s*[\d.]*\s*[;,]\s*url\s*=\s*[\"']?([^\"']+)", re.IGNORECASE)


def page_hints(source: str) -> Hints:
    """What a page says, by the source of its HTML; what stands far down in a very long one is not seen."""
    page = parsed(source[:_LONGEST])
    base = page.css_first("base[href]")
    canonical = page.css_first("link[rel~=canonical][href]")
    links = [href for node in page.css("a[href], area[href]") if _is_followed(node) and (href := _attribute(node, "href"))]
    frames = [_attribute(node, "src") for node in page.css("frame[src]")]
    refreshed = [
        match[1].strip()
        for node in page.css("meta[http-equiv][content]")
        if _attribute(node, "http-equiv").lower() == "refresh" and (match := _REFRESH.match(_attribute(node, "content")))
    ]
    return Hints(
        links=tuple(dict.fromkeys([*refreshed, *frames, *links]))[:_MOST_LINKS],
        canonical="" if canonical is None else _attribute(canonical, "href"),
        base="" if base is None else _attribute(base, "href"),
        directives=frozenset(
            word.strip()
            for node in page.css("meta[name][content]")
            if _attribute(node, "name").strip().lower() in ("robots", ROBOT.lower())
            for word in _attribute(node, "content").lower().split(",")
        ),
    )


def _is_followed(link: LexborNode) -> bool:
    return _NOT_FOLLOWED.isdisjoint(_attribute(link, "rel").lower().split())


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
