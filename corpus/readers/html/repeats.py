"""Text that repeats across the pages of a folder: what stands around the own text of each is no content.

Markup often does not say which part of a page is its own. Other pages of the same site do: a header, a call to subscribe and a
footer stand in nearly all of them, and beside their own text. What repeats within it is content, such as a section that many
pages have, and stays. So `repeated` first finds, in each of a few pages, the part that holds its own headings and prose.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from askdex.corpus.readers.html.facts import PageFacts, is_prose
from askdex.corpus.readers.html.nodes import HEADING_LEVELS, UNSEEN_TAGS, walk_nodes
from askdex.corpus.text.questions import ends_as_question

SAMPLE = 10
"""Pages that are looked at for what repeats in a folder; in one with fewer, it cannot be told from chance."""
FEWEST = 8
"""Pages of these that a text stands in which repeats."""
_FEWEST_AROUND = 6
"""Pages of these in which it stands around the own part; some have none that could be told, such as a list of links."""
_LEAST_OWN = 0.95
"""The share of a page's own prose that its own part holds at least; the rest may be a date in the footer."""
_MOST_REGIONS = 5_000
"""Elements of a page; one that has more is looked at for nothing that repeats."""
_LONGEST_END = 200
"""Characters at the end of a text that say whether it is a question or a label."""
_MOST_ALIKE = 200
"""Elements of a page that look like such as repeat; where there are more, none is left out."""
_REGION_TAGS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header "
    "hgroup hr legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
).union(HEADING_LEVELS)
_HEADING_TAGS = frozenset("caption dt legend summary th".split()).union(HEADING_LEVELS)
_MAIN_TAGS = frozenset(("main", "article"))
_LABEL_ENDS = (":", "\uff1a")


class Region(NamedTuple):
    """An element of a page that makes a block; those of a page are in its order.

    `parent` is the number of the one around it, -1 for the outermost. `digest` stands for all of its text and its markup: two
    elements have the same where both are the same. It begins with what such elements are looked up by: the tag, the names and
    the characters of text. `prose` are the characters of its own text that is no label, without that of the elements in it.
    `is_heading` is whether it is one; `leads` whether it ends with a heading, a question or a label, so that it belongs to what
    follows. `in_main` is whether it lies in what the markup calls the main part, or is it.
    """

    parent: int
    digest: str
    prose: int
    is_heading: bool
    leads: bool
    in_main: bool


class _Element:
    """An element that is being walked through.

    `last` is the end of its text, `leads` whether an element that leads ends there.
    """

    __slots__ = ("characters", "has_text", "hash", "in_main", "last", "leads", "look", "number", "parent", "prose")

    def __init__(self, node: LexborNode, number: int, parent: int, *, in_main: bool) -> None:
        self.look, self.number, self.parent, self.in_main = _look(node), number, parent, in_main
        self.hash = hashlib.blake2b(digest_size=8)
        self.characters = self.prose = 0
        self.has_text = self.leads = False
        self.last = ""

    def add_text(self, text: str, *, is_label: bool) -> None:
        """Take in text that stands in the element itself."""
        if words := text.split():
            line = " ".join(words)
            self.has_text, self.leads, self.last = True, False, line[-_LONGEST_END:]
            self.hash.update(f"\1{line}".encode("utf-8", "surrogatepass"))
            self.prose += 0 if is_label or not is_prose(text, words) else len(line)

    def add(self, other: "_Element", digest: str) -> None:
        """Take in an element that stands in this one."""
        self.has_text, self.last, self.leads = True, other.last, other.leads
        self.characters += other.characters
        self.hash.update(f"\2{digest}".encode())


class _Walk:
    """The walk through a page that finds its elements; it gives up where there are too many."""

    def __init__(self, root: LexborNode) -> None:
        self.found: list[Region | None] = []
        self._open: list[_Element] = []
        self._links = self._mains = self._menus = 0
        self._enter(root)
        for node, enters in walk_nodes(root, _is_unseen):
            tag = node.tag or ""
            if tag == "-text":
                if enters:
                    text = node.text_content or ""
                    self._open[-1].add_text(text, is_label=self._links + self._menus > 0)
                    self._open[-1].characters += len(" ".join(text.split()))
            elif tag == "img":
                if enters:
                    self._open[-1].add_text(node.attributes.get("alt") or "", is_label=True)
            elif enters:
                self._count_around(tag, 1)
                if tag in _REGION_TAGS:
                    self._enter(node)
            else:
                if tag in _REGION_TAGS:
                    self._leave(tag)
                self._count_around(tag, -1)
            if len(self.found) > _MOST_REGIONS:
                self.found.clear()
                return
        self._leave(root.tag or "")

    def _count_around(self, tag: str, step: int) -> None:
        self._links += step * (tag == "a")
        self._mains += step * (tag in _MAIN_TAGS)
        self._menus += step * (tag == "nav")

    def _enter(self, node: LexborNode) -> None:
        parent = self._open[-1].number if self._open else -1
        self._open.append(_Element(node, len(self.found), parent, in_main=self._mains > 0))
        self.found.append(None)

    def _leave(self, tag: str) -> None:
        """Leave an element; one without text is none."""
        own = self._open.pop()
        if not own.has_text:
            return
        is_heading = tag in _HEADING_TAGS
        own.leads = own.leads or is_heading or ends_as_question(own.last) or own.last.endswith(_LABEL_ENDS)
        digest = f"{own.look} {own.characters} {own.hash.hexdigest()}"
        prose = 0 if is_heading else own.prose
        self.found[own.number] = Region(own.parent, digest, prose, is_heading and not self._menus, own.leads, own.in_main)
        if self._open:
            self._open[-1].add(own, digest)


def regions(root: LexborNode) -> list[Region]:
    """A node and the elements below it, those with text; nothing where there are too many."""
    found = _Walk(root).found
    kept = [number for number, region in enumerate(found) if region is not None]
    numbers = {number: place for place, number in enumerate(kept)} | {-1: -1}
    return [region._replace(parent=numbers[region.parent]) for region in found if region is not None]


def repeated(pages: Sequence[Sequence[Region]]) -> frozenset[str]:
    """The digests of the elements that nearly all of these pages have, most around their own part, and none within it."""
    counts = Counter(digest for page in pages for digest in {region.digest for region in page})
    common = {digest for digest, count in counts.items() if count >= FEWEST}
    around: Counter[str] = Counter()
    within: set[str] = set()
    for parts in (_parts(page, common) for page in pages if page):
        around.update(parts.around)
        within.update(parts.own)
    return frozenset(digest for digest, count in around.items() if count >= _FEWEST_AROUND) - within


def repeated_ids(root: LexborNode, digests: frozenset[str], facts: PageFacts) -> set[int]:
    """The ids of the elements below a node that have one of these digests; `facts` are those of the page."""
    if not digests:
        return set()
    looks = {digest.rpartition(" ")[0] for digest in digests}
    tags = sorted({look.partition(" ")[0] for look in looks})
    alike = [node for node in root.css(", ".join(tags)) if f"{_look(node)} {facts.of(node).characters}" in looks]
    # Each is walked through, and they may lie in each other.
    alike = alike if len(alike) <= _MOST_ALIKE else []
    return {node.mem_id for node in alike if any(region.digest in digests for region in regions(node)[:1])}


class _Parts(NamedTuple):
    """The digests of the elements of a page: those of its own part, and the outermost common ones around it."""

    own: set[str]
    around: set[str]


def _parts(page: Sequence[Region], common: set[str]) -> _Parts:
    """What is whose in a page; nothing where it has no heading or no prose of its own, by which its part is found."""
    headings = [int(region.is_heading and region.digest not in common) for region in page]
    prose = [0 if region.digest in common else region.prose for region in page]
    for number in range(len(page) - 1, 0, -1):  # what lies in an element comes after it
        headings[page[number].parent] += headings[number]
        prose[page[number].parent] += prose[number]
    if not (headings[0] and prose[0]):
        return _Parts(set(), set())
    least = _LEAST_OWN * prose[0]
    # These lie within each other: the last is the innermost.
    holding = {n for n in range(len(page)) if headings[n] == headings[0] and prose[n] >= least}
    innermost = max(holding)
    in_own, in_around = [False] * len(page), [False] * len(page)
    around: set[str] = set()
    for number, region in enumerate(page):
        parent = region.parent
        in_own[number] = number == innermost or (number > 0 and in_own[parent])
        in_around[number] = number > 0 and in_around[parent]
        if region.digest not in common or region.leads or region.in_main or in_own[number] or in_around[number] or number == 0:
            continue
        # Beside text of the page's own, such as a fee in the margin, even what repeats is of the page.
        if parent in holding or not (headings[parent] or prose[parent]):
            around.add(region.digest)
            in_around[number] = True
    return _Parts({region.digest for region in compress(page, in_own)}, around)


def _look(node: LexborNode) -> str:
    """The tag of an element and a digest of its classes and its id."""
    attributes = node.attributes
    names = f"{attributes.get('class') or ''}\0{attributes.get('id') or ''}"
    return f"{node.tag} {hashlib.blake2b(names.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def _is_unseen(node: LexborNode) -> bool:
    tag = node.tag or ""
    return tag in UNSEEN_TAGS or (tag.startswith("-") and tag != "-text")
