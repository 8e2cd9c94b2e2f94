"""The properties hold for documents that the readers found, and for two ways of counting tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.passages import (
    LONGEST_PASSAGE,
    Counted,
    Tokens,
    _even_cuts,
    context,
    cut,
    cut_document,
    embedded_text,
    fitting_context,
)
from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import Block, Document, Kind, Passage
from tests.stubs import StubEncoder


class UnevenTokens:
    """Counts so that the sizes of two parts do not add up to the size of the whole."""

    limit = 64

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) // 3 + 2 for text in texts]


@dataclass(frozen=True)
class _Part:
    kind: Kind
    lines: list[str]
    level: int = 0


_TITLE = _Part(Kind.TITLE, ["Lost card"])

# What stands before, for and behind the lines of each kind of part.
_MARKUP = {
    ".txt": {
        Kind.TITLE: ("", "{0}", ""),
        Kind.HEADING: ("", "{0}", ""),
        Kind.PARAGRAPH: ("", "{0}\n", ""),
        Kind.ITEM: ("", "- {0}\n", ""),
        Kind.ROW: ("", "{0}  2\n", ""),
    },
    ".md": {
        Kind.TITLE: ("", "# {0}", ""),
        Kind.HEADING: ("", "{1} {0}", ""),
        Kind.PARAGRAPH: ("", "{0}\n", ""),
        Kind.ITEM: ("", "- {0}\n", ""),
        Kind.ROW: ("| Paper | Copies |\n|---|---|\n", "| {0} | 2 |\n", ""),
    },
    ".html": {
        Kind.TITLE: ("", "<h1>{0}</h1>", ""),
        Kind.HEADING: ("", "<h{2}>{0}</h{2}>", ""),
        Kind.PARAGRAPH: ("<p>", "{0}\n", "</p>"),
        Kind.ITEM: ("<ul>", "<li>{0}", "</ul>"),
        Kind.ROW: ("<table>", "<tr><td>{0}<td>2", "</table>"),
    },
}

_CHINESE = "职工因工作遭受事故伤害进行治疗享受工伤医疗待遇"
_WORDS = st.one_of(
    st.sampled_from(
        "card agency report Article 58 e.g. U.S. worker, employer; days: (or) shall. pay? wait! now… 缴费。".split()
    ),
    st.text(_CHINESE, min_size=1, max_size=60),
    st.integers(1, 1_500).map("x".__mul__),
)
_LINES = st.lists(st.lists(_WORDS, min_size=1, max_size=40).map(" ".join), min_size=1, max_size=12)
_HEADINGS = st.sampled_from(["Costs", "Who pays?", "法律依据", "How to apply at the agency", "Word " * 22])
_PARTS = st.one_of(
    st.builds(_Part, st.just(Kind.HEADING), st.lists(_HEADINGS, min_size=1, max_size=1), st.integers(2, 5)),
    st.builds(_Part, st.sampled_from([Kind.PARAGRAPH, Kind.ITEM, Kind.ROW]), _LINES),
)


def _read(suffix: str, text: str) -> Document:
    (document,) = parse(Item(b"card", f"card{suffix}", b"", 0), text.encode())
    assert isinstance(document, Document)
    return document


def _rendered(suffix: str, parts: Sequence[_Part]) -> Document:
    texts = []
    for part in parts:
        before, line, behind = _MARKUP[suffix][part.kind]
        lines = [line.format(text, "#" * part.level, part.level) for text in part.lines]
        texts.append("".join([before, *lines, behind]))
    return _read(suffix, "\n\n".join(texts))


_DOCUMENTS = st.builds(
    _rendered,
    st.sampled_from(sorted(_MARKUP)),
    st.lists(_PARTS, min_size=1, max_size=10) | st.lists(_PARTS, max_size=10).map(lambda parts: [_TITLE, *parts]),
)
_TOKENS = st.sampled_from([StubEncoder(limit=64), StubEncoder(limit=32), UnevenTokens()])


def _blocks_with_headings_marked(document: Document) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether it is a title or a heading with text below it."""
    for n, block in enumerate(document.blocks):
        following = document.blocks[n + 1] if n + 1 < len(document.blocks) else None
        has_text = following is not None and (following.kind is not Kind.HEADING or following.level > block.level)
        yield block, block.kind is Kind.TITLE or (block.kind is Kind.HEADING and has_text)


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS, _TOKENS)
def test_whatever_the_document_its_passages_hold_it(document: Document, tokens: Tokens) -> None:
    # To make up a document takes longer than to cut it, so each is made once for all that must hold.
    passages = list(cut(document, tokens))
    for check in (
        _they_hold_every_character_below_the_headings_once_and_in_order,
        _none_with_its_context_is_larger_than_the_encoder_takes,
        _they_do_not_overlap_and_do_not_cross_a_heading_with_text,
        _a_sentence_of_a_quarter_of_a_passage_is_whole_in_one,
    ):
        check(document, passages, tokens)


def _they_hold_every_character_below_the_headings_once_and_in_order(
    document: Document, passages: Sequence[Passage], _: Tokens
) -> None:
    marked = list(_blocks_with_headings_marked(document))
    body = [block for block, is_above in marked if not is_above] or list(document.blocks)
    expected = "".join("".join(document.text[block.start : block.end].split()) for block in body)
    assert "".join("".join(document.text[passage.start : passage.end].split()) for passage in passages) == expected


def _none_with_its_context_is_larger_than_the_encoder_takes(
    document: Document, passages: Sequence[Passage], tokens: Tokens
) -> None:
    texts = [embedded_text(document, passage, tokens) for passage in passages]
    assert max(tokens.count(texts)) <= tokens.limit
    assert max(map(len, texts)) <= tokens.limit * 13


def _they_do_not_overlap_and_do_not_cross_a_heading_with_text(
    document: Document, passages: Sequence[Passage], _: Tokens
) -> None:
    assert all(0 <= passage.start < passage.end <= len(document.text) for passage in passages)
    assert all(first.end <= second.start for first, second in pairwise(passages))
    headings = [block for block, is_above in _blocks_with_headings_marked(document) if is_above and block.kind is Kind.HEADING]
    assert not [(p, h) for p in passages for h in headings if p.start < h.end and h.start < p.end]


def _a_sentence_of_a_quarter_of_a_passage_is_whole_in_one(
    document: Document, passages: Sequence[Passage], tokens: Tokens
) -> None:
    for block, is_above in _blocks_with_headings_marked(document):
        if is_above or block.kind is Kind.ROW:
            continue
        for start, end in sentences(document.text, block.start, block.end):
            text = document.text[start:end]
            if max(tokens.count([text])[0], len(text) // 12) <= tokens.limit // 4:
                assert any(passage.start <= start and end <= passage.end for passage in passages), text


def _markdown(*blocks: str) -> Document:
    """A document titled "Lost card"."""
    return _read(".md", "\n\n".join(("# Lost card", *blocks)))


def _sentence(words: int, name: str = "word") -> str:
    return " ".join([name.capitalize(), *[name] * (words - 1)]) + "."


def _texts(document: Document, tokens: Tokens) -> list[str]:
    return [document.text[passage.start : passage.end] for passage in cut(document, tokens)]


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in text.split()]


class TestWhereItIsCut:
    def test_a_section_that_fits_is_one_passage(self, stub: StubEncoder) -> None:
        document = _markdown("## Costs", "Nothing is paid.", "- no fee\n- no tax", "| a | b |\n|---|---|\n| c | d |")
        assert _texts(document, stub) == ["Nothing is paid.\n\nno fee\nno tax\n\na | b\nc | d"]

    def test_sections_that_would_fit_together_are_passages_of_their_own(self, stub: StubEncoder) -> None:
        document = _markdown("Before.", "## Costs", "Nothing.", "## Time", "A day.", "### At night", "Two.")
        assert _texts(document, stub) == ["Before.", "Nothing.", "A day.", "Two."]

    def test_a_long_paragraph_is_cut_between_sentences(self, stub: StubEncoder) -> None:
        parts = [_sentence(5 + n % 7, f"part{n}x") for n in range(40)]
        texts = _texts(_markdown("## Costs", " ".join(parts)), stub)
        assert [text[start:end] for text in texts for start, end in sentences(text)] == parts
        assert len(texts) > 5

    def test_a_cut_between_paragraphs_goes_before_a_cut_within_one(self, stub: StubEncoder) -> None:
        short, long = (" ".join([_sentence(9)] * count) for count in (3, 4))
        assert _texts(_markdown("## Costs", short, long), stub) == [short, long]
        assert _texts(_markdown("## Costs", long, short), stub) == [long, short]

    def test_a_long_sentence_is_cut_between_words(self, stub: StubEncoder) -> None:
        words = [f"word{n}" for n in range(500)]
        texts = _texts(_markdown("## Costs", " ".join(words)), stub)
        assert _words(texts) == words
        assert len(texts) < 20

    def test_a_table_is_cut_between_rows(self, stub: StubEncoder) -> None:
        rows = [f"Paper {n} | {_sentence(n % 9 + 1)} And more." for n in range(100)]
        table = "\n".join(["| Paper | Text |", "|---|---|", *(f"| {row} |" for row in rows)])
        texts = _texts(_markdown("## Papers", table), stub)
        assert [line for text in texts for line in text.splitlines()] == ["Paper | Text", *rows]

    @pytest.mark.parametrize(
        "table",
        [
            "| Paper | Text |\n|---|---|\n" + "| card | some words more |\n" * 40,
            f"<table><tr><th>Paper<th>Text{'<tr><th>card<td>some words more' * 40}</table>",
        ],
        ids=["Markdown", "HTML"],
    )
    def test_every_passage_of_a_table_says_what_its_columns_are(self, stub: StubEncoder, table: str) -> None:
        document = _markdown("## Papers", "Before.", table, "Behind. " * 40)
        passages = cut(document, stub)
        for passage, text in zip(passages, _texts(document, stub), strict=True):
            is_within = text.startswith("card |")
            assert ("Paper | Text" in text) == text.startswith("Before.")
            assert passage.heading_path == (("Papers", "Paper | Text") if is_within else ("Papers",))
            assert not is_within or embedded_text(document, passage, stub).startswith(
                "Lost card\nPapers > Paper | Text\ncard |"
            )
        assert sum(passage.heading_path != ("Papers",) for passage in passages) > 2

    @pytest.mark.parametrize(
        "table",
        [
            f"<table>{'<tr><td>card<td>some words more' * 40}</table>",
            f"<table><tr><th>Papers of all kinds{'<tr><td>card<td>some words more' * 40}</table>",
            f"<table><tr><th>{'Paper ' * 20}<th>Text{'<tr><td>card<td>some words more' * 40}</table>",
        ],
        ids=["no header", "a header of one cell", "a header that takes too much room"],
    )
    def test_a_table_without_short_names_of_columns_has_the_headings_above_it_only(self, stub: StubEncoder, table: str) -> None:
        assert {passage.heading_path for passage in cut(_markdown("## Papers", table), stub)} == {("Papers",)}

    def test_a_list_of_two_hundred_items_is_cut_between_items(self, stub: StubEncoder) -> None:
        items = [f"the paper with the number {n}" for n in range(200)]
        texts = _texts(_markdown("## Papers", "\n".join(f"- {item}" for item in items)), stub)
        assert [line for text in texts for line in text.splitlines()] == items
        assert len(texts) < 40

    def test_code_is_cut_between_lines(self, stub: StubEncoder) -> None:
        lines = [f"if card.number == {n}:  # No. {n}. Or so." for n in range(50)]
        texts = _texts(_markdown("## Program", "\n".join(["```", *lines, "```"])), stub)
        assert [line for text in texts for line in text.strip().splitlines()] == lines

    def test_text_without_spaces_is_cut_between_sentences(self, stub: StubEncoder) -> None:
        parts = [f"{_CHINESE}{n}。" for n in range(100)]
        texts = _texts(_markdown("## 法律依据", "".join(parts)), stub)
        assert "".join(texts) == "".join(parts)
        assert all(text.endswith("。") for text in texts)
        assert len(texts) > 1

    def test_text_without_spaces_and_marks_is_cut_all_the_same(self, stub: StubEncoder) -> None:
        text = _CHINESE * 200
        texts = _texts(_markdown("## 法律依据", text), stub)
        assert "".join(texts) == text
        assert len(texts) > 1

    def test_a_word_of_a_hundred_thousand_letters_is_cut_and_kept(self, stub: StubEncoder) -> None:
        texts = _texts(_markdown("Before it.", "x" * 100_000, "Behind it."), stub)
        assert "".join(_words(texts)) == f"Beforeit.{'x' * 100_000}Behindit."
        assert max(map(len, texts)) < 1_000

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 8])
    def test_an_encoder_that_takes_almost_nothing_loses_nothing(self, limit: int) -> None:
        text = " ".join([_sentence(8)] * 5)
        assert "".join("".join(_texts(_markdown(text), StubEncoder(limit=limit))).split()) == "".join(text.split())

    @pytest.mark.parametrize("count", range(5, 60, 3))
    def test_a_section_is_cut_evenly_so_that_no_tiny_rest_is_left(self, stub: StubEncoder, count: int) -> None:
        document = _markdown("## Costs", " ".join([_sentence(8)] * count))
        sizes = [len(text.split()) for text in _texts(document, stub)]
        assert sum(sizes) == 8 * count
        assert 2 * min(sizes) >= max(sizes)

    def test_no_passage_is_longer_than_the_longest_however_much_the_encoder_takes(self) -> None:
        tokens = StubEncoder(limit=8_192)
        document = _markdown("## Costs", " ".join([_sentence(8)] * 200))
        sizes = tokens.count([embedded_text(document, passage, tokens) for passage in cut(document, tokens)])
        assert LONGEST_PASSAGE / 2 < max(sizes) <= LONGEST_PASSAGE

    @pytest.mark.parametrize("joint", [" ", "\n\n"])
    def test_a_section_of_many_tiny_parts_is_cut_as_evenly_in_larger_ones(
        self, joint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        numbers: list[int] = []

        def counted(parts: Sequence[Any], room: int) -> list[tuple[int, int]]:
            numbers.append(len(parts))
            return _even_cuts(parts, room)

        monkeypatch.setattr("askdex.corpus.passages._even_cuts", counted)
        document = _read(".txt", joint.join(["Yes."] * 20_000))
        sizes = [len(text.split()) for text in _texts(document, StubEncoder(limit=LONGEST_PASSAGE))]
        assert sum(sizes) == 20_000
        assert max(sizes) - min(sizes) <= 10
        assert len(sizes) <= 1.1 * 20_000 / LONGEST_PASSAGE + 1
        assert max(numbers) < 20_000 / 6

    def test_no_passage_is_blank(self, stub: StubEncoder) -> None:
        document = _read(".txt", f"Lost card\n\nName:{' ' * 5_000}number.")
        assert all(text.strip() for text in _texts(document, stub))


class TestHeadings:
    def test_the_path_goes_from_the_outermost_heading_to_the_nearest(self, stub: StubEncoder) -> None:
        document = _markdown("Text.", "## A", "### B", "Text.", "### C", "Text.", "## D", "Text.", "#### E", "Text.")
        paths = [passage.heading_path for passage in cut(document, stub)]
        assert paths == [(), ("A", "B"), ("A", "C"), ("D",), ("D", "E")]

    def test_a_heading_is_given_on_one_line_with_single_blanks(self, stub: StubEncoder) -> None:
        document = _read(".txt", "  LOST     CARD\n\n     What   to do \n============\n\nReport it.")
        (passage,) = cut(document, stub)
        assert (document.title, passage.heading_path) == ("LOST CARD", ("What to do",))

    def test_all_passages_of_a_long_section_have_its_path(self, stub: StubEncoder) -> None:
        passages = cut(_markdown("## A", "### B", _sentence(300)), stub)
        assert len(passages) > 4
        assert {passage.heading_path for passage in passages} == {("A", "B")}

    def test_two_sections_with_the_same_heading_stay_two(self, stub: StubEncoder) -> None:
        assert _texts(_markdown("## A", "One.", "## A", "Two."), stub) == ["One.", "Two."]

    def test_a_document_without_headings_has_passages_without_a_path(self, stub: StubEncoder) -> None:
        document = _read(".txt", "first of all, report it.\n\nthen wait for the card.")
        assert [(passage.start, passage.end, passage.heading_path) for passage in cut(document, stub)] == [
            (0, len(document.text), ())
        ]

    def test_headings_without_any_text_are_text(self, stub: StubEncoder) -> None:
        document = _markdown("## Identity card", "## Photograph", "## Fee")
        assert _texts(document, stub) == ["Identity card\n\nPhotograph\n\nFee"]
        assert cut(document, stub)[0].heading_path == ()

    def test_a_heading_without_text_is_text_of_the_section_around_it(self, stub: StubEncoder) -> None:
        document = _markdown("## Papers", "### Identity card", "### Photograph", "## Costs", "Nothing.")
        assert _texts(document, stub) == ["Identity card\n\nPhotograph", "Nothing."]
        assert [passage.heading_path for passage in cut(document, stub)] == [("Papers",), ("Costs",)]

    def test_a_document_with_nothing_but_a_title_is_one_passage(self, stub: StubEncoder) -> None:
        assert _texts(_markdown(), stub) == ["Lost card"]

    def test_a_title_below_the_text_is_no_passage(self, stub: StubEncoder) -> None:
        assert _texts(_read(".html", "<p>Report it.</p><h1>Lost card</h1>"), stub) == ["Report it."]

    def test_a_document_without_blocks_has_no_passages(self, stub: StubEncoder) -> None:
        assert cut(Document("card.txt", "Lost card", "", ()), stub) == []

    def test_a_heading_above_the_title_is_not_above_the_text_below_it(self, stub: StubEncoder) -> None:
        document = _read(".html", "<h2>News</h2><p>A new card.</p><h1>Lost card</h1><p>Report it.</p>")
        assert [
            (text, passage.heading_path) for text, passage in zip(_texts(document, stub), cut(document, stub), strict=True)
        ] == [
            ("A new card.", ("News",)),
            ("Report it.", ()),
        ]


class TestQuestion:
    @pytest.mark.parametrize("heading", ["What does it cost?", "How to apply", "办理要多少钱？"])
    def test_a_heading_that_asks_is_the_question_of_all_its_passages(self, stub: StubEncoder, heading: str) -> None:
        passages = cut(_markdown(f"## {heading}", _sentence(300)), stub)
        assert len(passages) > 4
        assert {passage.question for passage in passages} == {heading}

    def test_a_heading_that_does_not_ask_gives_no_question(self, stub: StubEncoder) -> None:
        passages = cut(_markdown("## What does it cost?", "Nothing.", "### Exceptions", "Some."), stub)
        assert [passage.question for passage in passages] == ["What does it cost?", None]

    def test_without_headings_the_title_may_be_the_question(self, stub: StubEncoder) -> None:
        document = _read(".md", "# Who pays?\n\nThe employer.\n\n## Exceptions\n\nNone.")
        assert [passage.question for passage in cut(document, stub)] == ["Who pays?", None]


class TestContext:
    def test_a_passage_is_embedded_below_its_title_and_path(self, stub: StubEncoder) -> None:
        document = _markdown("## Costs", "### Fees", "Nothing.")
        (passage,) = cut(document, stub)
        assert embedded_text(document, passage, stub) == "Lost card\nCosts > Fees\nNothing."

    @pytest.mark.parametrize(
        ("title", "path", "expected"),
        [
            ("Lost card", (), "Lost card"),
            ("Lost card", ("Costs",), "Lost card\nCosts"),
            ("", ("Costs", "Fees"), "Costs > Fees"),
            ("", (), ""),
        ],
    )
    def test_the_context_leaves_out_what_there_is_not(self, title: str, path: tuple[str, ...], expected: str) -> None:
        assert context(title, path) == expected

    @pytest.mark.parametrize(
        ("title", "path", "expected"),
        [
            ("Lost card", ("Costs", "Fees"), "Lost card\nCosts > Fees"),
            ("Lost card", ("Costs " * 30, "Fees"), "Lost card\nFees"),
            ("Lost card " * 30, ("Costs", "Fees"), "Fees"),
            ("Lost card", ("Costs", "Fees " * 30), "Lost card"),
            ("Lost card " * 30, ("Costs", "Fees " * 30), ""),
            (" ".join(["word"] * 19), (), " ".join(["word"] * 19)),
            (" ".join(["word"] * 20), (), ""),
        ],
    )
    def test_of_a_long_context_the_most_telling_part_that_fits_is_kept(
        self, stub: StubEncoder, title: str, path: tuple[str, ...], expected: str
    ) -> None:
        assert fitting_context(title, path, stub) == expected

    def test_a_passage_below_headings_that_are_too_long_is_embedded_alone(self, stub: StubEncoder) -> None:
        document = _read(".md", f"# {'Lost card ' * 25}\n\n## {'Costs ' * 40}\n\nNothing.")
        (passage,) = cut(document, stub)
        assert embedded_text(document, passage, stub) == "Nothing."


class TestCounting:
    def test_no_text_is_counted_twice(self) -> None:
        noted: list[str] = []

        class Noting(StubEncoder):
            def count(self, texts: Sequence[str]) -> list[int]:
                noted.extend(texts)
                return super().count(texts)

        counted = Counted(Noting())
        assert counted.count(["a b", "a", "a b"]) == [4, 3, 4]
        assert counted.count(["a", "c d e"]) == [3, 5]
        assert noted == ["a b", "a", "c d e"]

    def test_the_texts_of_many_sections_are_counted_together(self) -> None:
        calls: list[int] = []

        class Noting(StubEncoder):
            def count(self, texts: Sequence[str]) -> list[int]:
                calls.append(len(texts))
                return super().count(texts)

        paragraphs = (f"## Über {n}\n\n{_sentence(20)} {_sentence(20, f'ö{n}')}" for n in range(300))
        long_section = "\n\n".join(_sentence(9, f"ü{n}") for n in range(300))
        prepared = cut_document(_read(".md", "\n\n".join(["# Ämter", *paragraphs, "## Alle", long_section])), Noting())
        assert len(prepared.passages) > 300
        assert sum(calls) > 900
        assert len(calls) < 60

    def test_a_text_that_surely_fits_is_not_counted(self) -> None:
        class Refusing(StubEncoder):
            def count(self, texts: Sequence[str]) -> list[int]:
                assert texts == [""]
                return super().count(texts)

        document = _read(".md", "# Cards\n\n## Where is it?\n\nAsk the desk.\n\n## Fees\n\nNone.")
        prepared = cut_document(document, Refusing(limit=256))
        assert [len(texts) for texts in prepared.texts] == [2, 1]

    @pytest.mark.parametrize(
        "text",
        [
            "word " * 40_000,
            "x" * 200_000,
            "A sentence of six short words. " * 6_000,
            "One line.\n\n" * 20_000,
            "# " + "a " * 99_999,
        ],
        ids=["words", "letters", "sentences", "paragraphs", "heading"],
    )
    def test_however_long_a_text_is_little_of_it_is_counted_at_once(self, text: str) -> None:
        longest: list[int] = []

        class Noting(StubEncoder):
            def count(self, texts: Sequence[str]) -> list[int]:
                longest.append(sum(map(len, texts)))
                return super().count(texts)

        noting = Noting()
        for document in (_read(".md", text), Document("a.txt", text, "Yes.", (Block(Kind.PARAGRAPH, 0, 4),))):
            for passage in cut(document, Counted(noting)):
                assert noting.count([embedded_text(document, passage, noting)])[0] <= noting.limit
        assert max(longest) < 100_000
