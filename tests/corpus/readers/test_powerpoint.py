import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.powerpoint import read_powerpoint
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.packages import docx, paragraph
from tests.corpus.readers.presentations import graphic, line, notes, part, pptx, shape, slide, table
from tests.corpus.readers.workbooks import with_parts

_TITLE = shape(line("Lost cards"), place="title")
_SLIDE = "ppt/slides/slide1.xml"


def _outline(*shapes: str) -> list[str]:
    """What is read of a slide below its title."""
    return outline(read_powerpoint(pptx(slide(_TITLE, *shapes))))[1:]


class TestSlides:
    def test_each_has_its_title_its_text_and_its_notes_and_is_a_page(self) -> None:
        first = slide(_TITLE, shape(line("What to do"), place="subTitle"))
        second = slide(
            shape(line("Report it"), line("by phone", '<a:pPr lvl="1"/>'), place="body"), shape(line("Fees"), place="title")
        )
        speech = notes(shape(line("Slide 1"), place="sldNum"), shape(line("Say it slowly."), place="body"))
        builder = read_powerpoint(pptx(first, second, related={"n": ("notesSlide", speech)}))
        assert builder.title == "Lost cards"
        assert outline(builder) == [
            "title: Lost cards",
            "paragraph: What to do",
            "paragraph: Say it slowly.",
            "heading 1: Fees",
            "item: Report it",
            "item 1: by phone",
        ]
        assert outside_blocks(builder).strip() == ""
        pages = [sum(start <= block.start for start in builder.page_starts) for block in builder.blocks]
        assert pages == [1, 1, 1, 2, 2, 2]

    def test_a_hidden_one_is_not_read_but_counts(self) -> None:
        builder = read_powerpoint(pptx(slide(_TITLE), slide(_TITLE, attributes='show="0"'), slide(shape(line("At last.")))))
        assert outline(builder) == ["title: Lost cards", "paragraph: At last."]
        assert sum(start <= builder.blocks[1].start for start in builder.page_starts) == 3

    def test_without_a_title_its_first_line_is_one(self) -> None:
        builder = read_powerpoint(pptx(slide(_TITLE), slide(shape(line("Fees")), shape(line("The first card is free.")))))
        assert outline(builder)[1:] == ["heading 1: Fees", "paragraph: The first card is free."]

    def test_the_foot_the_date_and_the_number_are_left_out(self) -> None:
        assert _outline(*(shape(line("Acme 2024"), place=place) for place in ("ftr", "dt", "sldNum"))) == []

    def test_groups_and_alternatives_are_entered(self) -> None:
        chosen, fallback = shape(line("Call at once.")), shape(line("Ring at once."))
        alternatives = (
            f"<mc:AlternateContent><mc:Choice>{chosen}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
        )
        assert _outline(f"<p:grpSp><p:grpSp>{alternatives}</p:grpSp></p:grpSp>") == ["paragraph: Call at once."]

    def test_bullets_make_items_and_their_absence_paragraphs(self) -> None:
        bullet, none = '<a:pPr><a:buChar char="-"/></a:pPr>', "<a:pPr><a:buNone/></a:pPr>"
        shapes = shape(line("by phone", bullet)), shape(line("Why?", none), line("by mail"), place="obj")
        assert _outline(*shapes) == ["item: by phone", "paragraph: Why?", "item: by mail"]

    def test_links_are_kept(self) -> None:
        form = line("form", run='<a:hlinkClick r:id="form"/>').removeprefix("<a:p>")
        text = f"<a:p><a:r><a:t>The </a:t></a:r>{form}"
        builder = read_powerpoint(pptx(slide(_TITLE, shape(text))))
        (link,) = builder.links
        assert (builder.text[link.start : link.end], link.address) == ("form", "https://forms.example/card")

    def test_properties_give_title_author_and_date(self) -> None:
        properties = (
            "<dc:title>Cards</dc:title><dc:creator>Ada</dc:creator><dcterms:modified>2024-03-01T10:00:00Z</dcterms:modified>"
        )
        builder = read_powerpoint(pptx(slide(_TITLE), properties=properties))
        assert (builder.title, builder.metadata) == ("Cards", {"author": "Ada", "updated": "2024-03-01"})
        assert outline(builder) == ["heading 1: Lost cards"]


class TestGraphics:
    def test_a_table_has_rows(self) -> None:
        rows = table(["Town", "Office"], ["Wells", "north"], ["^", "south"], reaching="^")
        assert _outline(rows) == ["row 1: Town | Office", "row: Wells | north", "row: Wells | south"]
        assert _outline(table(["Town", "Office"], properties="")) == ["row: Town | Office"]

    def test_a_chart_is_a_table_of_what_it_shows(self) -> None:
        def points(tag: str, cache: str, *values: str) -> str:
            texts = "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values))
            return f"<c:{tag}><c:{cache}><c:formatCode>0%</c:formatCode>{texts}</c:{cache}></c:{tag}>"

        names, years = points("tx", "strCache", "Lost"), points("cat", "strCache", "2023", "2024")
        series = f"<c:ser>{names}{years}{points('val', 'numCache', '0.5', '0.25')}</c:ser>"
        title = f"<c:title><c:tx><c:rich>{line('Cards by year')}</c:rich></c:tx></c:title>"
        chart = part("c:chartSpace", f"<c:chart>{title}<c:plotArea><c:barChart>{series}</c:barChart></c:plotArea></c:chart>")
        data = pptx(slide(_TITLE, graphic('<c:chart r:id="g"/>')), related={"g": ("chart", chart)})
        assert outline(read_powerpoint(data))[1:] == [
            "paragraph: Cards by year",
            "row 1: | Lost",
            "row: 2023 | 50%",
            "row: 2024 | 25%",
        ]

    def test_the_texts_of_a_diagram_are_items(self) -> None:
        points = f"<dgm:pt><dgm:t>{line('Report')}</dgm:t></dgm:pt><dgm:pt type='pres'><dgm:t>{line('x')}</dgm:t></dgm:pt>"
        diagram = part("dgm:dataModel", f"<dgm:ptLst>{points}</dgm:ptLst>")
        data = pptx(slide(_TITLE, graphic('<dgm:relIds r:dm="g"/>')), related={"g": ("diagramData", diagram)})
        assert outline(read_powerpoint(data))[1:] == ["item: Report"]


class TestHostile:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"Lost cards", "not a PowerPoint file"),
            (docx(paragraph("Lost cards")), "not a PowerPoint file"),
            (pptx(slide(_TITLE))[:900], "a damaged PowerPoint file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
            (with_parts(pptx(slide(_TITLE)), {_SLIDE: "<p:sld>"}), "a damaged PowerPoint file"),
            (with_parts(pptx(slide(_TITLE)), {_SLIDE: b" " * (65 * 2**20)}), "too large when unpacked"),
            (pptx(slide("<p:grpSp>" * 5_000 + "</p:grpSp>" * 5_000)), "nested too deeply"),
        ],
    )
    def test_what_is_none_is_left_out_with_the_reason(self, data: bytes, reason: str) -> None:
        with pytest.raises(UnreadableError, match=f"^{reason}$"):
            read_powerpoint(data)

    def test_entities_are_not_read(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
        with pytest.raises(UnreadableError, match="declares a document type"):
            read_powerpoint(with_parts(pptx(slide(_TITLE)), {_SLIDE: bomb}))

    def test_a_slide_that_is_shown_a_thousand_times_is_read_once(self) -> None:
        ids = '<p:sldId id="256" r:id="s1"/>' * 1_000
        data = with_parts(
            pptx(slide(_TITLE)), {"ppt/presentation.xml": part("p:presentation", f"<p:sldIdLst>{ids}</p:sldIdLst>")}
        )
        assert outline(read_powerpoint(data)) == ["title: Lost cards"]


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    def run(text: str, baseline: int) -> str:
        return f'<a:r><a:rPr baseline="{baseline}"/><a:t>{text}</a:t></a:r>'

    text = f"<a:p>{run('10', 0)}{run('3', 30_000)}{run(' cards, CO', 0)}{run('2', -25_000)}</a:p>"
    assert _outline(shape(text)) == ["paragraph: 10³ cards, CO₂"]
