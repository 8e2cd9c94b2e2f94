"""What a page folds away: which elements are the labels that open panels, and what the tabs are called.

Accordions, tabs and the like are made in many ways. What they have in common is a short label that opens a panel: the label
names it (`aria-controls`), is named by it (`aria-labelledby`), or stands right before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborNode

from askdex.corpus.readers.html.facts import Facts, PageFacts
from askdex.corpus.readers.html.nodes import HEADING_LEVELS, ancestors, elements_after, elements_before, name_parts, short_text
from askdex.corpus.text.questions import ends_as_question

_CONTROLS = "[aria-controls], [data-bs-target], [data-target], [data-toggle], [data-bs-toggle], [role=tab], [aria-expanded]"
_LABEL_CANDIDATES = (
    "[class*=accordion i], [class*=faq i], [class*=question i], [class*=collaps i], [class*=toggle i], [class*=expand i], "
    "[class*=spoiler i], [class*=disclosure i], [class*=card-header i], [class*=card-title i], [class*=panel-heading i], "
    "[class*=panel-title i], [aria-expanded], button, label[for], "
    "[class*=accordion i] > *, [class*=faq i] > *"
)
_GROUPS = frozenset(
    "accordion accordions faq faqs collapse collapsible collapsed expander expandable expand toggle spoiler disclosure qa "
    "panel card".split()
)
_GROUPS_AROUND = frozenset(("accordion", "accordions", "faq", "faqs", "qa"))
_LABEL_PARTS = frozenset(
    "header head heading title button btn trigger toggle toggler label summary question q control caption".split()
)
_NOT_LABEL_PARTS = frozenset(
    "toc nav navbar navigation menu sidebar dropdown breadcrumb breadcrumbs search theme language".split()
)
_PANEL_PARTS = frozenset(
    "collapse collapsible accordion tabpanel tabcontent pane panel tab tabs tabitem tabbed expandable "
    "expander toggle spoiler faq answer".split()
)
_TAB_PARTS = frozenset("tab tabs tabbed tablist tabset tabbar tabnav tablinks".split())
_NOT_CONTROLLING_TAGS = frozenset("input select textarea option form body html main".split())
_NOT_PANEL_TAGS = frozenset("nav dialog input select textarea form body html main header".split())
_NOT_PANEL_ROLES = frozenset("dialog alertdialog menu menubar listbox tooltip navigation search alert status tree grid".split())
_NOT_PANEL_PARTS = frozenset("modal offcanvas drawer dropdown popover tooltip lightbox".split())
_HEADING_TAGS = frozenset(HEADING_LEVELS).union(("summary", "legend", "dt"))
_TAG_LIST = ", ".join(HEADING_LEVELS)
_ACTION = re.compile(
    r"\W*(?:(?:show|hide|read|see|view|open|close|toggle|expand|collapse|load|more|less|menu|search|copy|print|share|next|previous"
    r"|back|all|the|on|this|page|answer|details|navigation|section|sections|sidebar|content|contents|table of contents"
    r"|main|options|filters?"
    r"|mehr|weniger|anzeigen|ausblenden|einblenden|aufklappen|zuklappen|öffnen|schließen|alle|lesen|suche"
    r"|lire la suite|afficher|masquer|voir|plus|moins|ouvrir|fermer|ver|más|menos|mostrar|ocultar|leer|abrir|cerrar)\b\W*)+",
    re.IGNORECASE,
)
"""A label that says what it does, not what it opens."""
_UNSAID_PARTS = frozenset("toggle icon chevron plus caret arrow indicator state sr hidden".split())
"""Words of classes of what stands in a label for the eye, or for a screen reader, alone."""
_SAID_PARTS = frozenset("text title label name heading question".split())
_LONGEST_LABEL = 300
"""Characters, as of a heading."""
_LONGEST_TAB = 60
"""Characters of the name of a tab."""
_MOST_TAB_LISTS = 200
_MOST_QUESTIONS = 500
"""Of a page, with the vocabulary of schema.org."""
_MOST_CLIMBED = 3
"""Elements around a label within which its panel is looked for."""


@dataclass(slots=True)
class Panels:
    """The labels and panels of a page, by the ids of their nodes.

    `labels` are elements that are headings without a level, `names` are the headings to put before panels, `nested` are the
    panels whose headings stand below such a heading, `shown` are content though they are hidden, `silent` are tabs that name
    panels, and are not shown themselves.
    """

    labels: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    nested: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)


def panels_of(root: LexborNode, facts: PageFacts) -> Panels:
    """Find the labels and panels below a node."""
    return _PanelSearch(root, facts).panels


def label_text(label: LexborNode) -> str:
    """The words of a label on one line, without what is there for the eye, or for a screen reader, alone."""
    return short_text(label, lambda node: not (node.tag or "-").startswith("-") and is_unsaid(node))


def is_unsaid(node: LexborNode) -> bool:
    """Whether an element in a label is there for the eye, or for a screen reader, alone: an arrow, or "Show"."""
    if node.attributes.get("aria-hidden") == "true" or node.tag in ("svg", "i", "style", "script"):
        return True
    parts = name_parts(node) if node.tag == "span" else frozenset()
    return bool(parts & _UNSAID_PARTS) and not parts & _SAID_PARTS


class _PanelSearch:
    """The search for the labels and panels of a page."""

    def __init__(self, root: LexborNode, facts: PageFacts) -> None:
        self.panels = Panels()
        self._facts = facts
        self._by_id: dict[str, LexborNode] = {}
        for node in root.css("[id]"):
            self._by_id.setdefault(node.attributes.get("id") or "", node)
        for control in root.css(_CONTROLS):
            self._add_control(control)
        for panel in root.css("[aria-labelledby]"):
            self._add_labelled(panel)
        for tabs in islice(filter(_may_hold_tabs, root.css("[role=tablist], [class*=tab i]")), _MOST_TAB_LISTS):
            self._add_tabs(tabs)
        for list_ in islice(root.css("ul:has(> li > a[href^='#'])"), _MOST_TAB_LISTS):
            self._add_list_of_addresses(list_)
        for question in islice(root.css('[itemtype*="schema.org/Question"]'), _MOST_QUESTIONS):
            self._add_marked_question(question)
        for candidate in root.css(_LABEL_CANDIDATES):
            self._add_candidate(candidate)
        for hidden in root.css("[hidden], [aria-hidden=true]"):
            if hidden.mem_id not in self.panels.shown and self._is_opened(hidden):
                self.panels.shown.add(hidden.mem_id)

    def _add_control(self, control: LexborNode) -> None:
        """Take up an element that names the panels that it opens."""
        attributes = control.attributes
        if control.tag in _NOT_CONTROLLING_TAGS:
            return
        toggle = attributes.get("data-bs-toggle") or attributes.get("data-toggle")
        is_tab = attributes.get("role") == "tab" or toggle in ("tab", "pill")
        addresses = [attributes.get("data-bs-target"), attributes.get("data-target")]
        if toggle or is_tab or "aria-expanded" in attributes:
            addresses.append(attributes.get("href"))
        names = (attributes.get("aria-controls") or "").split()
        names += [address[1:] for address in addresses if address and address.startswith("#")]
        panels = {panel.mem_id: panel for name in names if (panel := self._by_id.get(name)) and self._is_panel(panel)}
        for panel in panels.values():
            self._join(control, panel, is_tab=is_tab)

    def _add_labelled(self, panel: LexborNode) -> None:
        """Take up a panel that names its label."""
        is_marked = panel.attributes.get("role") in ("tabpanel", "region") or "hidden" in panel.attributes
        label = self._by_id.get((panel.attributes.get("aria-labelledby") or "").partition(" ")[0])
        if is_marked and label is not None and self._is_panel(panel) and panel.mem_id not in self.panels.names:
            self._join(label, panel, is_tab=label.attributes.get("role") == "tab")

    def _join(self, label: LexborNode, panel: LexborNode, *, is_tab: bool) -> None:
        """Put a panel under the label that opens it."""
        self.panels.shown.add(panel.mem_id)
        text = label_text(label)
        if not text or len(text) > _LONGEST_LABEL or _is_action(text) or panel.mem_id in self.panels.nested:
            return
        stands_before = self._stands_before(label, panel)
        if self._is_heading(label):
            if is_tab and not stands_before:
                self._name(panel, text)
        elif stands_before:
            self._add_label(label, panel)
        elif is_tab or label.tag in ("button", "a"):
            self._name(panel, text)
            self.panels.silent.add(label.mem_id)

    def _name(self, panel: LexborNode, text: str) -> None:
        self.panels.names.setdefault(panel.mem_id, text)
        self.panels.nested.add(panel.mem_id)

    def _add_label(self, label: LexborNode, panel: LexborNode | None) -> None:
        self.panels.labels.add(label.mem_id)
        if panel is not None:
            self.panels.nested.add(panel.mem_id)
            self.panels.shown.add(panel.mem_id)

    def _add_tabs(self, tabs: LexborNode) -> None:
        """Name the panels that follow a row of tabs, the first tab the first panel."""
        labels = tabs.css("[role=tab]") if tabs.attributes.get("role") == "tablist" else []
        labels = labels or [child for child in tabs.iter() if self._facts.of(child).characters]
        texts = list(map(label_text, labels))
        is_row = len(texts) > 1 and all(0 < len(text) <= _LONGEST_TAB for text in texts) and not self._facts.of(tabs).headings
        if not is_row or not {label.mem_id for label in labels}.isdisjoint(self.panels.silent):
            if is_row:
                self.panels.silent.add(tabs.mem_id)
            return
        panels = self._panels_after(tabs, len(labels))
        if len(panels) == 1:
            chosen = [
                text for label, text in zip(labels, texts, strict=True) if label.attributes.get("aria-selected") == "true"
            ]
            texts = chosen[:1]
        if len(panels) == len(texts):
            self.panels.silent.add(tabs.mem_id)
            for panel, text in zip(panels, texts, strict=True):
                self.panels.shown.add(panel.mem_id)
                if not self._begins_as_named(panel, text):
                    self._name(panel, text)

    def _add_list_of_addresses(self, list_: LexborNode) -> None:
        """Name the panels right behind a list that leads to them, unless they have headings: then it is one of contents."""
        links = [link for item in list_.iter() for link in islice(item.iter(), 1) if link.tag == "a"]
        texts = list(map(label_text, links))
        addresses = [link.attributes.get("href") or "" for link in links]
        panels = [panel for address in addresses if (panel := self._by_id.get(address[1:]))]
        following = {node.mem_id for node in elements_after(list_)}
        is_complete = len(panels) == len(texts) > 1 and all(0 < len(text) <= _LONGEST_TAB for text in texts)
        if is_complete and all(panel.mem_id in following and not self._facts.of(panel).headings for panel in panels):
            self.panels.silent.add(list_.mem_id)
            for panel, text in zip(panels, texts, strict=True):
                self.panels.shown.add(panel.mem_id)
                self._name(panel, text)

    def _panels_after(self, tabs: LexborNode, count: int) -> Sequence[LexborNode]:
        """The panels behind a row of tabs, as many as there are tabs, or one; nothing where there are others."""
        for row in (tabs, *ancestors(tabs, _MOST_CLIMBED)):
            following = [node for node in elements_after(row) if self._facts.of(node).characters]
            within = [node for node in following[0].iter() if self._facts.of(node).characters] if following else []
            marked = [[node for node in nodes if _is_tab_panel(node)] for nodes in (following, within)]
            only = [nodes for nodes in marked if len(nodes) == 1 and nodes[0].attributes.get("role") == "tabpanel"]
            panels = next((nodes for nodes in (*marked, within) if len(nodes) == count), only[0] if only else [])
            if panels or following:
                return panels
        return ()

    def _begins_as_named(self, panel: LexborNode, text: str) -> bool:
        """Whether a panel begins with a heading that says what its tab says."""
        heading = panel.css_first(_TAG_LIST)
        return heading is not None and label_text(heading) == text

    def _add_marked_question(self, question: LexborNode) -> None:
        """Take up a question that is marked with the vocabulary of schema.org."""
        name = question.css_first("[itemprop=name]")
        if name is not None and name.tag != "meta" and not self._is_heading(name):
            self._add_label(name, None)

    def _add_candidate(self, candidate: LexborNode) -> None:
        """Take up an element that may be a label by its tag or its classes, if a panel stands right behind it."""
        is_known = candidate.mem_id in self.panels.labels or candidate.mem_id in self.panels.silent
        if is_known or self._is_heading(candidate) or name_parts(candidate) & _NOT_LABEL_PARTS:
            return
        held = self._facts.of(candidate)
        if not 0 < held.characters <= _LONGEST_LABEL or not self._is_label(candidate):
            return
        text = label_text(candidate)
        if text and not _is_action(text) and (panel := self._panel_behind(candidate)) is not None:
            self._add_label(candidate, panel)

    def _is_label(self, candidate: LexborNode) -> bool:
        """Whether an element is a label by what it is; not whether a panel follows."""
        attributes, parts = candidate.attributes, name_parts(candidate)
        if "aria-expanded" in attributes:
            return True
        if candidate.tag == "label":
            box = self._by_id.get(attributes.get("for") or "")
            return box is not None and box.tag == "input" and box.attributes.get("type") in ("checkbox", "radio")
        is_grouped = bool(parts & _GROUPS)
        if candidate.tag == "button" and (is_grouped or ends_as_question(label_text(candidate))):
            return True
        around = candidate.parent
        is_grouped = is_grouped or (around is not None and bool(name_parts(around) & _GROUPS_AROUND))
        if is_grouped and parts & _LABEL_PARTS:
            return True
        return bool(parts & {"question", "q"}) and ends_as_question(label_text(candidate))

    def _panel_behind(self, label: LexborNode) -> LexborNode | None:
        """The element with text right behind a label, or behind an element around it that holds nothing else."""
        node = label
        characters = self._facts.of(label).characters
        for around in ancestors(label, _MOST_CLIMBED):
            following = next((after for after in elements_after(node) if self._facts.of(after).characters), None)
            if following is not None:
                is_other = following.tag in ("label", "button", "input", "span") or following.mem_id in self.panels.labels
                is_other = is_other or (bool(name_parts(node)) and _classes(following) == _classes(node))
                return None if is_other or not self._is_panel(following) else following
            if self._facts.of(around).characters > characters or around.tag in _NOT_PANEL_TAGS:
                return None
            node = around
        return None

    def _stands_before(self, label: LexborNode, panel: LexborNode) -> bool:
        """Whether the panel comes right behind the label; other elements may be around each of them alone."""
        ends = {panel.mem_id}
        within = panel
        for around in ancestors(panel, _MOST_CLIMBED):
            if any(self._facts.of(before).characters for before in elements_before(within)):
                break
            ends.add(around.mem_id)
            within = around
        for node in (label, *ancestors(label, _MOST_CLIMBED + 2)):
            following = next((after for after in elements_after(node) if self._facts.of(after).characters), None)
            if node.mem_id in ends or following is not None:
                return following is not None and following.mem_id in ends and node.mem_id not in ends
        return False

    def _is_heading(self, label: LexborNode) -> bool:
        """Whether an element is a heading, stands in one, or holds one."""
        around = (label, *ancestors(label, _MOST_CLIMBED + 1))
        return self._facts.of(label).headings > 0 or any(node.tag in _HEADING_TAGS for node in around)

    def _is_panel(self, node: LexborNode) -> bool:
        """Whether an element can be a panel with text."""
        held = self._facts.of(node)
        is_other = node.tag in _NOT_PANEL_TAGS or node.attributes.get("role") in _NOT_PANEL_ROLES
        is_other = is_other or bool(name_parts(node) & _NOT_PANEL_PARTS)
        return held.characters > 0 and not held.top_headings and not is_other and not _is_menu(held)

    def _is_opened(self, hidden: LexborNode) -> bool:
        """Whether something on the page shows a hidden element, as far as its markup says."""
        attributes = hidden.attributes
        if attributes.get("hidden") == "until-found" or attributes.get("role") in ("tabpanel", "region"):
            return True
        if attributes.get("itemprop") in ("acceptedAnswer", "text") or name_parts(hidden) & _PANEL_PARTS:
            return self._is_panel(hidden)
        after = next(elements_after(hidden), None)
        if after is not None and after.tag == "button" and "aria-expanded" in after.attributes:
            return self._is_panel(hidden)
        before = next(elements_before(hidden), None)
        if before is None or not self._is_panel(hidden) or hidden.tag in ("span", "i", "a", "button", "li"):
            return False
        is_label = before.tag in _HEADING_TAGS or before.tag in ("button", "label") or before.mem_id in self.panels.labels
        return is_label or (
            self._facts.of(before).characters <= _LONGEST_LABEL and before.css_first("button, [aria-expanded]") is not None
        )


def _may_hold_tabs(node: LexborNode) -> bool:
    return node.attributes.get("role") == "tablist" or bool(name_parts(node) & _TAB_PARTS)


def _is_tab_panel(node: LexborNode) -> bool:
    return node.attributes.get("role") == "tabpanel" or bool(name_parts(node) & _PANEL_PARTS)


def _is_menu(held: Facts) -> bool:
    return held.links > 1 and held.is_linked


def _classes(node: LexborNode) -> str:
    return node.attributes.get("class") or ""


def _is_action(text: str) -> bool:
    return bool(_ACTION.fullmatch(text))
