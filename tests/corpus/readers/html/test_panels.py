"""What HTML pages fold away."""

import pytest

from askdex.corpus.readers.html import read_html
from tests.corpus.readers.html.pages import html_page
from tests.corpus.readers.outline import outline


class TestFoldedAway:
    """What a page shows only when it is asked to."""

    @pytest.mark.parametrize(
        "source",
        [
            "<h3><button>Who pays?</button></h3><div>You.</div>",
            "<h3><button aria-expanded=false aria-controls=a>Who pays?</button></h3><div id=a hidden>You.</div>",
            "<h3 id=h><button>Who pays?</button></h3><div role=region aria-labelledby=h hidden>You.</div>",
            "<h3><button>Who pays?</button></h3><div hidden=until-found>You.</div>",
            "<h3>Who pays?</h3><div class=accordion-content aria-hidden=true style='display:none'>You.</div>",
            "<h3 aria-controls=a>Who pays?</h3><div id=a role=tabpanel aria-hidden=true>You.</div>",
            "<button class=accordion-link><svg></svg><h3>Who pays?</h3></button><div>You.</div>",
            "<h3><button>Who pays?<span class=icon>+</span><span class='sr-only'>Show</span></button></h3><p>You.",
        ],
    )
    def test_an_answer_stands_under_the_heading_that_opens_it(self, source: str) -> None:
        assert outline(read_html(html_page(f"<nav>Menu</nav>{source}<footer>Imprint"))) == [
            "heading 3: Who pays?",
            "paragraph: You.",
        ]

    @pytest.mark.parametrize(
        "source",
        [
            "<button aria-expanded=false aria-controls=a>Who pays?</button><div id=a hidden>You.</div>",
            "<button class=accordion>Who pays?</button><div class=panel>You.</div>",
            "<button>Who pays?</button><div>You.</div>",
            "<button class=accordion><span class=toggle-text>Who pays?</span><span class=plus>+</span></button><div>You.</div>",
            "<div><button data-toggle=collapse data-target='#a'>Who pays?</button></div><div class=collapse id=a>You.</div>",
            "<a data-bs-toggle=collapse href='#a' role=button>Who pays?</a><div id=a>You.</div>",
            "<div class=faq__question>Who pays?</div><div class=faq__answer>You.</div>",
            "<div class=card-header><span>Who pays?</span></div><div class=card-body>You.</div>",
            "<div role=button aria-expanded=false>Who pays?</div><div>You.</div>",
            "<div class='ui accordion'><div class=title>Who pays?</div><div class=content>You.</div></div>",
            "<input type=checkbox id=c><label for=c>Who pays?</label><div>You.</div>",
            "<div itemtype='//schema.org/Question'><b itemprop=name>Who pays?</b><div itemprop=acceptedAnswer hidden>You.",
            "<details><summary>Who pays?</summary>You.</details>",
            "<accordion question='Who pays?'>You.</accordion>",
            "<Accordion title=\"{'Who  pays?'}\"><p>You.</p></Accordion>",
            "<faq-item question='Who pays?' answer='You.'></faq-item>",
            "<fieldset><legend>Who pays?</legend><p>You.</p></fieldset>",
            "<dl><dt>Who pays?<dd>You.</dl>",
        ],
    )
    def test_a_label_that_opens_a_panel_is_its_heading(self, source: str) -> None:
        lines = outline(read_html(html_page(f"<main><h1>Fees</h1><p>In short.</p><h2>All</h2>{source}</main>")))
        assert [line.replace("item", "paragraph") for line in lines[-2:]] == ["heading 3: Who pays?", "paragraph: You."]

    @pytest.mark.parametrize(
        "source",
        [
            "<ul role=tablist><li role=tab>Car<li role=tab>Boat</ul><div><div role=tabpanel>By road.</div>{}</div>",
            "<div role=tablist><button role=tab aria-controls=a>Car</button>"
            "<button role=tab aria-controls=b>Boat</button></div>"
            "<div id=a role=tabpanel>By road.</div>{}",
            "<ul class='nav nav-tabs'><li><a data-toggle=tab href='#a'>Car</a><li><a data-toggle=tab href='#b'>Boat</a></ul>"
            "<div class=tab-content><div id=a class=tab-pane>By road.</div>{}</div>",
            "<div class=tab><button class=tablinks>Car</button><button class=tablinks>Boat</button></div>"
            "<div class=tabcontent>By road.</div>{}",
            "<div><input type=radio><div class=tabbed-labels><label>Car</label><label>Boat</label></div>"
            "<div class=tabbed-content><div class=tabbed-block>By road.</div>{}</div></div>",
            "<div class=tab-set><input id=x type=radio><label for=x>Car</label><div>By road.</div>"
            "<input id=y type=radio><label for=y>Boat</label>{}</div>",
            "<ul class='nav-tabs' role=tablist><li><button data-bs-toggle=tab data-bs-target='#a' role=tab>Car</button></li>"
            "<li><button data-bs-toggle=tab data-bs-target='#b' role=tab>Boat</button></li></ul>"
            "<div class=content><div id=a role=tabpanel>By road.</div>{}</div>",
            "<tab-item label=Car>By road.</tab-item><tab-item label=Boat>{}</tab-item>",
        ],
    )
    def test_a_panel_of_tabs_stands_under_the_name_of_its_tab(self, source: str) -> None:
        hidden = "<div id=b role=tabpanel class=tabcontent hidden>By river.<h2>Landing</h2>At the pier.</div>"
        assert outline(read_html(html_page(f"<h1>Way</h1>{source.format(hidden)}"))) == [
            "title: Way",
            "heading 2: Car",
            "paragraph: By road.",
            "heading 2: Boat",
            "paragraph: By river.",
            "heading 3: Landing",
            "paragraph: At the pier.",
        ]

    @pytest.mark.parametrize(
        "furniture",
        [
            "<p><button>Print</button></p>",
            "<button aria-expanded=false aria-controls=m>Menu</button>"
            "<ul id=m hidden><li><a href=x>Jobs</a><li><a href=y>News</a></ul>",
            "<button aria-expanded=false>Show more</button>",
            "<div hidden class=error>It failed.</div>",
            "<button aria-controls=d>Ask</button><div id=d role=dialog hidden>Your question</div>",
            "<button data-toggle=modal data-target='#d'>Ask</button><div id=d class=modal aria-hidden=true>Your question</div>",
        ],
    )
    def test_buttons_and_hidden_parts_that_are_no_content_are_left_out(self, furniture: str) -> None:
        assert outline(read_html(html_page(f"<p>Report it.</p>{furniture}"))) == ["paragraph: Report it."]

    def test_what_is_behind_a_button_that_only_says_more_is_read_without_it(self) -> None:
        source = (
            "<p>Report it.</p><button aria-controls=a aria-expanded=false>Read more</button><div id=a hidden>Then wait.</div>"
        )
        assert outline(read_html(source)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_what_a_button_behind_it_shows_is_read(self) -> None:
        source = "<p>Report it.</p><div hidden>Then wait.</div><button aria-expanded=false>Read more</button>"
        assert outline(read_html(source)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_questions_for_search_engines_are_headings_and_are_added_where_they_are_not_shown(self) -> None:
        def question(name: str, answer: str) -> str:
            return f'{{"@type": "Question", "name": "{name}", "acceptedAnswer": {{"@type": "Answer", "text": "{answer}"}}}}'

        questions = f"{question('Who pays?', 'You.')}, {question('When?', '<p>Now &amp; here.</p>')}"
        data = f'{{"@type": "FAQPage", "mainEntity": [{questions}]}}'
        head = f'<script type="application/ld+json">{data}</script>'
        assert outline(read_html(html_page("<h1>Fees</h1><div>Who pays?</div><div>You do.</div>", head))) == [
            "title: Fees",
            "heading 6: Who pays?",
            "paragraph: You do.",
            "heading 2: When?",
            "paragraph: Now & here.",
        ]

    @pytest.mark.parametrize(
        "data", ["", "{", "[" * 9_999, '"Question"', '{"@type": "Question", "name": 1, "acceptedAnswer": [2]}']
    )
    def test_data_that_says_nothing_changes_nothing(self, data: str) -> None:
        page = html_page("<p>Report it.</p>", f'<script type="application/ld+json">{data}</script>')
        assert outline(read_html(page)) == ["paragraph: Report it."]
