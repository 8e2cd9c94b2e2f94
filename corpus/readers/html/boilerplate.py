"""Which elements of a page are no content: menus, footers, notices about cookies, and what leads through a site."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from askdex.corpus.readers.html.facts import Facts, PageFacts
from askdex.corpus.readers.html.nodes import HEADING_LEVELS, UNSEEN_TAGS, ancestor_ids, ancestors, name_parts, short_text
from askdex.corpus.readers.html.repeats import repeated_ids

_LEFT_OUT_ROLES = frozenset("navigation banner contentinfo search menu menubar dialog alertdialog toolbar".split())
_SIDE_ROLES = frozenset(("complementary",))
_LEAFING_LINKS = "a[rel=prev], a[rel=next], a[rel=index]"
"""Links to the pages before and after this one, by which manuals are leafed through."""
_LEAFING_PARENT_TAGS = frozenset("p li td span".split())
"""Elements that are left out with such a link in them: they hold little else ("Next: Fees")."""
_PERMALINK_SIGNS = frozenset("¶ # § 🔗 \u200b".split(" "))
_SKIP_LINK = re.compile(
    r"(?:skip|jump)\b|zum (?:haupt)?inhalt|(?:direkt )?zu[mr]? \w+ springen|aller (?:directement )?au|passer au"
    r"|ir al|saltar (?:al|a)|vai al|salta al|pular para|ir para o|naar (?:de )?(?:hoofd)?inhoud|跳(?:到|转|至)",
    re.IGNORECASE,
)
_TEXT_TAGS = frozenset("p li td dd span b strong i em blockquote".split())
"""Elements of running text: a link with text beside it in one of them is part of a sentence."""
_EDIT_LINK = re.compile(r"(?:edit|improve|suggest (?:an )?edits?)\b.{0,20}\b(?:page|github|gitlab)\W*", re.IGNORECASE)
_CHOICES = "button, a, [role=button], input[type=button], input[type=submit]"
_ACCEPT = re.compile(
    r"\W*(?:i )?(?:accept|agree|allow|consent|got it|ok(?:ay)?\b|understood|reject|decline|deny"
    r"|akzeptieren|zustimmen|einverstanden|verstanden|ablehnen|alle[sn]? (?:cookies )?(?:akzeptieren|zulassen)"
    r"|(?:tout |j')?accepte[rz]?|refuser|aceptar|acepto|rechazar|accett\w+|rifiuta|aceit\w+|recusar"
    r"|accepteren|akkoord|weigeren|同意|接受|允许)",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"cookie|куки|쿠키|クッキー|\bgdpr\b|\bdsgvo\b|tracking", re.IGNORECASE)
_LONGEST_NOTICE = 1_200
"""Characters of a notice about cookies with all its choices."""
_FEEDBACK = re.compile(
    r"(?:was|is|did) (?:this|the) (?:(?:page|article|answer|information|content|topic|section|document|guide|post)\b ?){0,2}"
    r"(?:helpful|useful|help you|answer your question)"
    r"|did you find (?:this|what you|the)\b.{0,40}\b(?:helpful|useful|looking for|needed|need)\b"
    r"|war (?:diese|dieser|die) (?:seite|artikel|antwort|beitrag|information(?:en)?) (?:hilfreich|nützlich)"
    r"|cette (?:page|réponse).{0,40}utile|¿?(?:le |te )?(?:fue|ha sido|resultó) útil est[ea]",
    re.IGNORECASE,
)
_LONGEST_FEEDBACK = 120
"""Characters of a question to the reader about the page."""
_SEARCH_PARTS = frozenset(
    "search searchbox searchform login signin newsletter subscribe subscription signup comment comments".split()
)
_COOKIE_PARTS = frozenset("cookie cookies cookiebanner cookieconsent consent gdpr onetrust cookiebot cookielaw".split())
_LINK_PARTS = frozenset(
    "nav navbar navigation navi menu submenu topnav sidenav subnav breadcrumb breadcrumbs pagination pager paging sidebar toc "
    "topbar toolbar offcanvas drawer skip skiplink skiplinks share sharing social related sitemap languages logo brand "
    "branding utility masthead".split()
)
_WAY_PARTS = frozenset(("breadcrumb", "breadcrumbs"))
_FOOT_PARTS = frozenset("footer foot colophon copyright imprint".split())
_HEAD_PARTS = frozenset("header masthead topbar banner".split())
_FEEDBACK_PARTS = frozenset("feedback helpful rating".split())
_PART_OF_TEXT = frozenset(
    "card panel modal table entry post article section accordion collapse faq item tab tabs quote blockquote page content "
    "question answer figure box callout admonition alert step".split()
)
"""Words of classes that say that a header or a footer belongs to a part of the text."""
_ASIDE_OF_TEXT = frozenset(
    "note notes tip warning caution danger important info admonition callout alert hint notice remark attention example".split()
)
_FLOW_TAGS = frozenset("p dl pre blockquote figure details".split()).union(HEADING_LEVELS)
_LINK_JOINT = re.compile(r"\s[|·•»>/–-]\s")
_LONGEST_FORM = 100
"""Characters of prose of a form outside the main part that is only a form."""
_NEVER_NAMED_TAGS = frozenset(("main", "article", "body", "dt", "summary")).union(HEADING_LEVELS)
"""Elements that are content whatever their classes say."""
_MENU_TAGS = frozenset("div ul ol menu dir section center table dl".split())
_FEWEST_MENU_LINKS = 2
_FEWEST_LINKS_WITH_OWN = 4
"""Links of a menu within the main part, which is one because a link in it leads to the page itself."""
_LEAST_MENU_LINKED = 0.8
"""The share of characters in links of a menu, which may have a heading."""
_MOST_LONG_LINKS = 0.25
"""The share of a menu's links that may describe where they lead."""
_MOST_CHOICES = 50
"""Buttons and links that are looked at for a notice about cookies."""
_LONGEST_LABEL = 60
"""Characters of the words on a button, and of what a page's head says beside its links."""
_LONGEST_FOOTNOTE = 300
"""Characters of a line at the end, or on the way to the page, that is no content by its words."""
_RIGHTS = re.compile(
    r"©|\(c\)|copyright|all rights reserved|imprint|impressum|alle rechte vorbehalten|tous droits", re.IGNORECASE
)
_RIGHTS_LINE = re.compile(r"(?:copyright\s*)?(?:©|\(c\))|copyright\s+(?:by\s+)?\d{4}|all rights reserved", re.IGNORECASE)
_LONGEST_ADDRESS = 500
"""Characters of an address that are looked at."""
_PAGE_END = re.compile(r"(?:/index)?(?:\.x?html?)?/*$")
"""What the addresses of a page may end in or not."""
_MOST_CLIMBED = 8
"""Elements around one that are looked at."""


class Boilerplate:
    """Says of the elements of a page whether they are left out."""

    def __init__(self, root: LexborNode, facts: PageFacts, repeated: frozenset[str] = frozenset()) -> None:
        """`repeated` are the digests of elements that stand in most pages of the folder; see `repeats`."""
        self._facts = facts
        self._whole = facts.of(root)
        self._around_title = ancestor_ids(root.css("h1"))
        parents = [link.parent for link in root.css(_LEAFING_LINKS) if link.parent is not None]
        self._left_out = {parent.mem_id for parent in parents if parent.tag in _LEAFING_PARENT_TAGS}
        self._left_out |= set(self._cookie_notices(root))
        self._around_own_links = ancestor_ids(_own_links(root))
        self._repeated = repeated_ids(root, repeated, facts)

    def holds(self, node: LexborNode, *, in_main: bool, in_section: bool) -> bool:
        """Whether an element is left out.

        `in_main` is whether it lies in the main part of the page or in an article, `in_section` whether at least in a section.
        Elements have to be asked about in the order of the page.
        """
        is_left_out = self._holds(node, in_main=in_main, in_section=in_section)
        if is_left_out:
            self._left_out.add(node.mem_id)
        return is_left_out

    def _holds(self, node: LexborNode, *, in_main: bool, in_section: bool) -> bool:
        tag, role = node.tag or "", node.attributes.get("role") or ""
        if tag == "nav" or (role in _LEFT_OUT_ROLES and tag != "dialog") or node.mem_id in self._left_out:
            return True
        if node.mem_id in self._repeated and not in_main:
            return True
        if tag == "dialog" and not in_main:
            return bool(name_parts(node) & _SEARCH_PARTS) or bool(_COOKIES.search(short_text(node, _is_unseen)))
        if tag == "a":
            return _is_permalink(node) or self._skips(node) or self._leads_to_editing(node)
        held = self._facts.of(node)
        if tag == "form":
            return _is_search_form(node) or not (held.headings or held.prose > (0 if in_main else _LONGEST_FORM))
        if tag == "header":
            return not in_section and node.mem_id not in self._around_title and (not held.headings or held.is_linked)
        if tag == "footer":
            is_of_text = in_main or (in_section and not held.links)
            return not is_of_text or held.is_linked or _says_rights(node, held)
        if tag == "aside" or role in _SIDE_ROLES:
            is_note = in_section or bool(name_parts(node) & _ASIDE_OF_TEXT) or (held.prose > 0 and self._follows_text(node))
            return not is_note or (held.is_linked and not (in_main and held.contacts))
        return self._is_named_so(node, held, in_main=in_main) or self._is_menu(node, held, in_main=in_main)

    def _skips(self, link: LexborNode) -> bool:
        """Whether a link leads past the head of the page, and is no part of a sentence."""
        around = link.parent
        if around is not None and around.tag in _TEXT_TAGS and not self._is_alone(link):
            return False
        return (link.attributes.get("href") or "").startswith("#") and bool(_SKIP_LINK.match(short_text(link, _is_unseen)))

    def _leads_to_editing(self, link: LexborNode) -> bool:
        """Whether a link leads to where the page is written, and stands by itself."""
        is_short = self._facts.of(link).characters <= _LONGEST_LABEL
        return is_short and self._is_alone(link) and bool(_EDIT_LINK.fullmatch(short_text(link, _is_unseen)))

    def _is_alone(self, link: LexborNode) -> bool:
        """Whether nothing but a link stands in the element around it."""
        around = link.parent
        return around is not None and self._facts.of(around).characters == self._facts.of(link).characters

    def _is_named_so(self, node: LexborNode, held: Facts, *, in_main: bool) -> bool:
        """Whether an element's classes or its id say that it is no content, and what it holds agrees."""
        parts = name_parts(node)
        if not parts or held.top_headings or not held.characters or node.tag in _NEVER_NAMED_TAGS:
            return False
        is_whole = held.characters > self._whole.characters / 2
        if parts & _WAY_PARTS and held.links and held.characters <= _LONGEST_FOOTNOTE:
            return True
        is_all = held.characters >= self._whole.characters
        # A section about cookies has an id like that of a notice, but a heading, and no choice.
        if parts & _COOKIE_PARTS and not is_all and not in_main and not held.headings:
            return held.characters <= _LONGEST_NOTICE or not is_whole
        is_of_text = bool(parts & _PART_OF_TEXT)
        if parts & _FOOT_PARTS and not in_main and not is_of_text:
            return not is_all
        if parts & _HEAD_PARTS and not in_main and not is_of_text and not held.headings:
            return not is_whole and (held.is_linked or held.prose < _LONGEST_LABEL)
        if parts & _LINK_PARTS and not is_whole and not (in_main and held.contacts):
            return held.is_linked or (not held.prose and held.linked * 3 >= held.characters > 0)
        return bool(parts & _FEEDBACK_PARTS) and held.characters <= _LONGEST_FOOTNOTE and not is_whole

    def _is_menu(self, node: LexborNode, held: Facts, *, in_main: bool) -> bool:
        """Whether an element is nothing but links, and lists the pages of a site, this one among them.

        Outside the main part no link has to lead to this page, but the links must not belong to text before them.
        """
        if node.tag == "p":
            is_row = held.links >= _FEWEST_MENU_LINKS and held.is_linked and not held.long_links and not in_main
            return is_row and (_is_row_of_links(node, held) or not self._follows_text(node))
        is_menu = node.tag in _MENU_TAGS or (node.tag == "td" and _is_in(node, self._facts.layout_tables))
        is_dense = held.linked >= _LEAST_MENU_LINKED * held.characters or (
            held.is_linked and held.headings > 0 and not held.prose
        )
        if is_menu and is_dense and self._lists_the_site(node, held):
            return True
        is_linked = held.links >= _FEWEST_MENU_LINKS and is_dense
        is_linked = is_linked and held.long_links <= _MOST_LONG_LINKS * held.links
        return (
            is_menu and is_linked and not in_main and held.characters < self._whole.characters and not self._follows_text(node)
        )

    def _lists_the_site(self, node: LexborNode, held: Facts) -> bool:
        """Whether one of an element's links leads to this page, which has text beside them."""
        is_list = held.links >= _FEWEST_LINKS_WITH_OWN and held.headings <= 1 and not held.top_headings
        has_other_text = self._whole.prose - held.prose >= _LONGEST_LABEL
        return is_list and has_other_text and node.mem_id in self._around_own_links

    def _follows_text(self, node: LexborNode) -> bool:
        """Whether text of the page that an element may belong to stands right before it."""
        has_heading = self._facts.of(node).headings > 0
        before = node.prev
        while before is not None:
            tag, held = before.tag or "", self._facts.of(before)
            if tag == "-text" and not (before.text_content or "").isspace():
                return True
            if not tag.startswith("-") and (held.characters or tag in _FLOW_TAGS):
                is_part = has_heading and (held.prose > 0 or held.headings > 0)
                is_left_out = before.mem_id in self._left_out or says_rights(short_text(before, _is_unseen))
                return not is_left_out and (tag in _FLOW_TAGS or is_part)
            before = before.prev
        return False

    def _cookie_notices(self, root: LexborNode) -> Iterator[int]:
        """The notices about cookies: small elements with the word and something to accept them with."""
        for choice in islice(filter(self._accepts, root.css(_CHOICES)), _MOST_CHOICES):
            notice = None
            for around in ancestors(choice, _MOST_CLIMBED):
                held = self._facts.of(around)
                if around.tag in ("body", "html", "main", "article") or held.top_headings or held.characters > _LONGEST_NOTICE:
                    break
                if held.characters < self._whole.characters and _COOKIES.search(around.text()):
                    notice = around
                    if held.prose:
                        break
            if notice is not None:
                yield notice.mem_id

    def _accepts(self, choice: LexborNode) -> bool:
        if self._facts.of(choice).characters > _LONGEST_LABEL:
            return False
        return bool(_ACCEPT.match(choice.attributes.get("value") or short_text(choice, _is_unseen)))


def _own_links(root: LexborNode) -> Iterator[LexborNode]:
    """The links that lead to the page itself, and not to a part of it."""
    yield from root.css("a[aria-current=page]")
    canonical = root.parser.css_first("head > link[rel=canonical]")
    address = "" if canonical is None else _address(canonical)
    if own := _path(address, address):
        yield from (link for link in root.css("a[href]") if _path(address, _address(link)) == own)


def _address(link: LexborNode) -> str:
    return (link.attributes.get("href") or "")[:_LONGEST_ADDRESS]


def _path(page: str, address: str) -> str | None:
    """The path that an address on a page leads to, without what sites may leave out; None where it names a part of a page."""
    try:
        parts = urlsplit(urljoin(page, address))
    except ValueError:
        return None
    return None if "#" in address or not address else _PAGE_END.sub("", parts.path)


def says_rights(text: str) -> bool:
    """Whether a paragraph only says whose the page is: "© Town of Ashby"."""
    return len(text) <= _LONGEST_FEEDBACK and bool(_RIGHTS_LINE.match(text))


def asks_for_feedback(text: str) -> bool:
    """Whether a paragraph only asks the reader about the page: "Was this page helpful?"."""
    return len(text) <= _LONGEST_FEEDBACK and bool(_FEEDBACK.match(text))


def _is_in(cell: LexborNode, tables: set[int]) -> bool:
    """Whether a cell is one of these tables."""
    table = next((around for around in ancestors(cell, _MOST_CLIMBED) if around.tag == "table"), None)
    return table is not None and table.mem_id in tables


def _is_unseen(node: LexborNode) -> bool:
    return node.tag in UNSEEN_TAGS


def _is_row_of_links(paragraph: LexborNode, held: Facts) -> bool:
    """Whether a paragraph has nothing but links, and signs between them."""
    return (
        held.characters <= _LONGEST_FOOTNOTE and len(_LINK_JOINT.findall(short_text(paragraph, _is_unseen))) >= held.links - 1
    )


def _is_search_form(form: LexborNode) -> bool:
    return bool(name_parts(form) & _SEARCH_PARTS) or form.css_first("input[type=search], input[type=password]") is not None


def _says_rights(footer: LexborNode, held: Facts) -> bool:
    return held.characters <= _LONGEST_FOOTNOTE and bool(_RIGHTS.search(short_text(footer, _is_unseen)))


def _is_permalink(link: LexborNode) -> bool:
    """Whether a link is the sign that generators put behind a heading, which leads to that heading itself."""
    if "headerlink" in (link.attributes.get("class") or "").split():
        return True
    return (link.attributes.get("href") or "").startswith("#") and short_text(link, _is_unseen) in _PERMALINK_SIGNS
