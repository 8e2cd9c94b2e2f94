"""What of a page is read: not its menus, footers and hidden parts."""

from collections.abc import Callable

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.html.pages import html_page
from tests.corpus.readers.outline import outline, texts


class TestWhatIsRead:
    @pytest.mark.parametrize(
        "furniture",
        [
            "<nav>Menu</nav>",
            "<footer>Imprint</footer>",
            '<p>Next: <a href="b.html" rel="next">Loss</a>, Up: <a href="c.html">Cards</a> [<a href="i.html">Index</a>]</p>',
            "<aside>See also</aside>",
            "<header>Logo</header>",
            "<form>Search</form>",
            "<button>Print</button>",
            "<div role='navigation'>Menu</div>",
            "<div role='contentinfo'>Imprint</div>",
            "<div role='search'>Search</div>",
        ],
    )
    def test_menus_and_footers_are_left_out(self, furniture: str) -> None:
        page = html_page(f"{furniture}<p>Report it.</p>{furniture}")
        assert outline(read_html(page)) == ["paragraph: Report it."]

    @pytest.mark.parametrize(
        "unseen",
        [
            "<script>track()</script>",
            "<style>p {}</style>",
            "<template><p>Later</p></template>",
            "<noscript>Turn it on</noscript>",
            "<svg><text>Logo</text></svg>",
            "<iframe src='x'>Frame</iframe>",
            "<!-- a note -->",
            "<p hidden>Secret</p>",
            "<div aria-hidden='true'><p>Ornament</p></div>",
            "<select><option>Language</option></select>",
        ],
    )
    def test_what_nobody_sees_is_left_out(self, unseen: str) -> None:
        assert outline(read_html(html_page(f"<p>Report it.</p>{unseen}"))) == ["paragraph: Report it."]

    @pytest.mark.parametrize(
        "link",
        [
            "<a class='headerlink' href='#loss' title='Permalink'>\uf0c1</a>",
            "<a class='x headerlink' href='#loss'>¶</a>",
            *(f"<a href='#loss'> {sign}\n</a>" for sign in "¶#§🔗\u200b"),
        ],
    )
    def test_a_sign_that_leads_to_its_own_heading_is_no_part_of_it(self, link: str) -> None:
        page = html_page(f"<h1>Lost card{link}</h1><h2>{link}Costs</h2><p>Nothing.</p>")
        assert outline(read_html(page)) == ["title: Lost card", "heading 2: Costs", "paragraph: Nothing."]

    def test_a_heading_is_read_whatever_its_classes_say(self) -> None:
        page = html_page("<h2 class='anchor withNavbar'>UI<a href='#ui'>\u200b</a></h2><p>Report it.</p>")
        assert texts(read_html(page), Kind.HEADING) == ["UI"]

    @pytest.mark.parametrize("link", ["<a href='#loss'>Loss</a>", "<a href='/loss'>Loss</a>", "<a>Loss</a>"])
    def test_a_heading_that_is_a_link_is_read(self, link: str) -> None:
        assert texts(read_html(f"<h2>{link}</h2><p>Report it."), Kind.HEADING) == ["Loss"]

    @pytest.mark.parametrize("main", ["<main>{}</main>", "<div role='main'>{}</div>", "<article>{}</article>"])
    def test_only_the_main_part_is_read_where_one_is_marked(self, main: str) -> None:
        page = html_page(f"<div>Cookies</div>{main.format('<p>Report it at once.</p>')}<div>News</div>")
        assert outline(read_html(page)) == ["paragraph: Report it at once."]

    def test_of_several_articles_all_are_read(self) -> None:
        page = html_page("<article><p>Report it.</p></article><article><p>Then wait.</p></article>")
        assert outline(read_html(page)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_a_header_with_the_top_heading_is_read(self) -> None:
        assert read_html(html_page("<header><h1>Lost card</h1></header><p>Report it.</p>")).title == "Lost card"

    @pytest.mark.parametrize("tag", ["nav", "footer", "aside", "form", "header"])
    def test_a_page_with_text_only_in_what_is_left_out_is_read_whole(self, tag: str) -> None:
        page = html_page(f"<{tag}><h2>What to do</h2><p>Report it.</p></{tag}><script>track()</script>")
        assert outline(read_html(page)) == ["heading 2: What to do", "paragraph: Report it."]

    def test_a_link_that_skips_a_step_is_part_of_its_sentence(self) -> None:
        page = html_page("<a href='#c'>Skip to content</a><main id=c><p>If you have one, <a href='#b'>skip to step 2</a>.</p>")
        assert outline(read_html(page)) == ["paragraph: If you have one, skip to step 2."]

    @pytest.mark.parametrize("side", ["<div class=sidebar>{}</div>", "<aside>{}</aside>"])
    @pytest.mark.parametrize("contact", ["<a href='tel:+1555'>(555) 010-0199</a>", "<a href='mailto:a@b.c'>a@b.c</a>"])
    def test_the_contact_beside_the_text_is_read(self, side: str, contact: str) -> None:
        links = "<ul class=related><li><a href=a>Lost card</a><li><a href=b>New card</a></ul>"
        main = f"<main><h1>Cards</h1><p>Report it.</p>{side.format(f'{links}<h2>Contact</h2><div>{contact}</div>')}</main>"
        words = "(555) 010-0199" if "tel" in contact else "a@b.c"
        assert outline(read_html(html_page(main)))[-2:] == ["heading 2: Contact", f"paragraph: {words}"]

    def test_a_menu_with_a_telephone_number_is_none_of_the_content(self) -> None:
        menu = "<div class=sidebar><a href=a>Jobs</a> <a href=b>News</a> <a href='tel:+1555'>(555) 010-0199</a></div>"
        assert outline(read_html(html_page(f"{menu}<main><p>Report it.</p></main>"))) == ["paragraph: Report it."]

    def test_a_main_part_without_text_does_not_hide_the_page(self) -> None:
        assert outline(read_html(html_page("<main></main><div>Report it.</div>"))) == ["paragraph: Report it."]

    @pytest.mark.parametrize("content", ["0; URL=../cache.html", "3,url='cache.html'"])
    @pytest.mark.parametrize("body", ["<p>Redirecting to... <a href='../cache.html'>../cache.html</a>.</p>", ""])
    def test_a_page_that_only_leads_to_another_is_refused(self, content: str, body: str) -> None:
        with pytest.raises(UnreadableError, match="only leads to another page"):
            read_html(html_page(body, f'<meta http-equiv="Refresh" content="{content}">'))

    @pytest.mark.parametrize(
        ("content", "body"),
        [("300", "<p>Report it."), ("300; url=news.html", "<h2>News</h2><p>None."), ("300; url=news.html", "<p>Word " * 99)],
        ids=["itself again", "with a heading", "with text"],
    )
    def test_a_page_that_is_loaded_again_is_read(self, content: str, body: str) -> None:
        assert read_html(html_page(body, f"<meta http-equiv='refresh' content='{content}'>")).blocks

    @pytest.mark.parametrize("source", ["", "<html></html>", html_page("<script>track()</script>"), "<!-- a note -->"])
    def test_a_page_without_text_has_no_blocks(self, source: str) -> None:
        assert read_html(source).blocks == []


class TestMainPart:
    @pytest.mark.parametrize(
        "page",
        [
            "<main>{}</main><aside><h2>Related</h2><a href=x>Other</a></aside>",
            "<main class=hero><h1>Cards</h1></main><section>{}</section>",
            "<article></article><div>{}</div>",
            "<p><a href='#c'>Skip to content</a></p><form><input type=hidden><div id=c>{}</div><footer>Imprint</footer></form>",
            "<div class=cookie-banner><p>We use cookies. Do you accept?</p><button>Accept</button></div><div>{}</div>",
            "<div class=x><p>We use cookies for this and for that.</p><div><a href=x>Accept all</a></div></div><div>{}</div>",
            "<div id=header><a href='/'>Town</a></div><ul class=menu><li><a href=a>Jobs</a></ul><div>{}</div>",
            "<ul><li><a href=a>Jobs</a><li><a href=b>News</a></ul><div>{}</div><div id=footer><p>Open daily.</p></div>",
            "<table><tr><td><a href=a>Home</a><br><a href=b>Jobs</a></td><td>{}</td></tr></table>",
            "<div>{}<p>Was this page helpful? Yes No</p></div>",
            "<main><form role=search><label>Search the whole catalogue</label></form>{}</main>",
            "<main><ol class=breadcrumb><li><a href=a>Home</a></ol>{}<div class=toc><a href='#a'>Fees</a></div></main>",
            "<main>{}<footer><a href=a>Privacy</a> ©</footer></main>",
            "<main>{}<div><a href=x>Edit this page</a></div></main>",
            "<main>{}<div class=related><h2>Related</h2><ul><li><a href=a>Jobs</a><li><a href=b>News</a></ul></div></main>",
            "<div><h3>Latest</h3><ul><li><a href=a>Race</a><li><a href=b>New boat</a></ul></div><div>{}</div>",
            "<p><a href=a>Jobs</a> <a href=b>News</a></p><hr>{}<hr><p><a href=c>Imprint</a> | <a href=d>Privacy</a></p>",
            "<div class=breadcrumbs>You are here: <a href=a>Home</a></div><div>{}</div><p>© Town of Ashby</p>",
            "<div>{}</div><div><p>© Town of Ashby</p><p><a href=a>Imprint</a> <a href=b>Privacy</a></p></div>",
            "{}<form><label>Tell me what is new, every week</label><input></form>",
        ],
    )
    def test_only_the_content_of_a_page_is_read(self, page: str) -> None:
        content = "<h2>Lost card</h2><p>A new card costs ten euros, and is sent by post.</p><p>It takes a week to come.</p>"
        lines = [line for line in outline(read_html(html_page(page.format(content)))) if line != "title: Cards"]
        assert lines == [
            "heading 2: Lost card",
            "paragraph: A new card costs ten euros, and is sent by post.",
            "paragraph: It takes a week to come.",
        ]

    @pytest.mark.parametrize(
        "part",
        [
            "<aside class=note>{}</aside>",
            "<header>{}</header>",
            "<article><p>x</p><footer>{}</footer></article>",
            "<form>{}</form>",
            "<div class=footer>{}</div>",
            "<section><header><h2>{}</h2></header></section>",
            "<table role=presentation><tr><td>{}</td></tr></table>",
            "<div class='card card-footer'>{}</div>",
        ],
    )
    def test_within_the_main_part_all_is_content(self, part: str) -> None:
        text = "It is valid from May on."
        assert text in read_html(html_page(f"<main><h1>Cards</h1><p>Report it.</p>{part.format(text)}</main>")).text

    @pytest.mark.parametrize(
        "links",
        [
            "<p>Forms:</p><ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul>",
            "<h2>Forms</h2><ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul>",
            "<ul><li>Forms<ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul></ul>",
            "<table><tr><th>Form<th>Two<tr><td><a href=a>Card</a> <a href=b>Fee</a><td>x</table>",
        ],
    )
    def test_links_that_belong_to_a_text_are_content(self, links: str) -> None:
        page = html_page(f"<div><p>Report it at once, and then wait for the letter.</p></div><div>{links}</div>")
        assert "Fee" in read_html(page).text

    def test_a_teaser_is_not_the_main_part(self) -> None:
        teaser = "<article><h3>Concert</h3><p>On Friday, in the park.</p></article>"
        text = read_html(html_page(f"<div><h1>Parking</h1><p>It costs two euros.</p></div>{teaser}")).text
        assert "two euros" in text

    def test_a_page_about_cookies_is_read(self) -> None:
        page = (
            "<main><h1>Cookies</h1><p>We set:</p><div class=cookie-list><p>The cookie lang holds a language.</p></div></main>"
        )
        assert "holds a language" in read_html(html_page(page)).text

    def test_a_section_about_cookies_is_read(self) -> None:
        section = "<div id=session-cookies><h2>Session cookies</h2><p>They hold a language.</p></div>"
        assert "hold a language" in read_html(html_page(f"<div><h1>Data</h1><p>We keep little.</p></div>{section}")).text

    @pytest.mark.parametrize(
        "text",
        [
            "Is this insurance useful for tenants?",
            "Is this answer binding?",
            "Did you find a wallet? Bring it to the desk.",
            "Copyright lasts 70 years from the death of the author.",
            "Copyright law of 1976 is explained here.",
        ],
    )
    def test_text_that_is_like_a_footer_is_read(self, text: str) -> None:
        assert text in read_html(html_page(f"<h1>Rights</h1><p>{text}</p><h2>{text}</h2><p>Ask us.</p>")).text

    @pytest.mark.parametrize(
        "text",
        [
            "Was this page helpful? Yes No",
            "Did you find what you were looking for?",
            "War diese Seite hilfreich? Ja Nein",
            "© 2024 Town of Ashby",
            "Copyright 1999 Town of Ashby",
            "All rights reserved.",
        ],
    )
    def test_what_a_footer_says_is_left_out_wherever_it_stands(self, text: str) -> None:
        assert outline(read_html(html_page(f"<div><p>Ask us.</p></div><div><p>{text}</p></div>"))) == ["paragraph: Ask us."]

    def test_a_link_within_a_sentence_is_never_left_out(self) -> None:
        page = "<main><p>To change it, press <a href=x>Edit this page</a> below.</p></main>"
        assert outline(read_html(html_page(page))) == ["paragraph: To change it, press Edit this page below."]

    def test_links_that_describe_where_they_lead_are_content(self) -> None:
        link = "<li><a href=x><h3>Cards</h3><p>How to report a card that was lost or stolen.</p></a>"
        assert "stolen" in read_html(html_page(f"<div><p>Ask us.</p></div><div><ul>{link * 3}</ul></div>")).text

    @pytest.mark.parametrize(
        "page", ["<p>Report it.</p><aside>{}</aside>", "<section><p>Report it.</p><footer>{}</footer></section>"]
    )
    def test_a_note_right_behind_text_belongs_to_it(self, page: str) -> None:
        assert "It is valid." in read_html(html_page(page.format("It is valid."))).text

    def test_a_page_of_nothing_but_links_is_read(self) -> None:
        assert "Fees" in read_html(html_page("<div><ul><li><a href=a>Cards</a><li><a href=b>Fees</a></ul></div>")).text


class TestPagesOfASite:
    TEXT = "<p>Report a lost card at once at the desk or by telephone, so that nobody can pay with it.</p>"
    QUESTIONS = ("lost-card", "what-a-new-card-costs", "where-to-get-a-card", "who-may-have-a-card-of-their-own")
    ADDRESS = "<link rel=canonical href='https://town.example/faq/lost-card'>"

    def listed(self, form: str, *, start: int = 0) -> str:
        links = (f"<li><a href='{form.format(name)}'>How is it with the {name}?</a>" for name in self.QUESTIONS[start:])
        return f"<div><h3>Other questions</h3><ul>{''.join(links)}</ul></div>"

    @pytest.mark.parametrize(
        "form", ["/faq/{}", "{}", "{}.html", "https://town.example/faq/{}/", "../faq/{}/index.html", "{}?a=b"]
    )
    def test_a_list_of_pages_with_a_link_to_this_one_is_left_out_even_in_the_main_part(self, form: str) -> None:
        page = html_page(f"<main><h1>Lost card</h1>{self.TEXT}{self.listed(form)}</main>", self.ADDRESS)
        assert outline(read_html(page))[1:] == [
            "paragraph: Report a lost card at once at the desk or by telephone, so that nobody can pay with it."
        ]

    def test_a_menu_that_marks_the_page_that_it_stands_on_is_left_out(self) -> None:
        menu = self.listed("/faq/{}").replace("<a ", "<a aria-current=page ", 1)
        read = read_html(html_page(f"<main><h1>Lost card</h1>{self.TEXT}{menu}</main>"))
        assert "Other questions" not in read.text

    @pytest.mark.parametrize(
        "part",
        [
            lambda self: self.listed("/faq/{}", start=1),
            lambda self: self.listed("#{}"),
            lambda self: self.listed("lost-card#{}"),
            lambda self: self.listed("/forms/{}.pdf"),
            lambda self: self.listed("http://[{}"),
            lambda _: "<p>See <a href='/faq/lost-card'>lost cards</a>, and what to do before one is lost at all.</p>",
        ],
    )
    def test_links_of_which_none_leads_to_this_page_are_content(self, part: Callable[["TestPagesOfASite"], str]) -> None:
        with_part = f"<main><h1>Lost card</h1>{self.TEXT}{part(self)}</main>"
        assert len(read_html(html_page(with_part, self.ADDRESS)).blocks) > 2

    def test_a_page_that_lists_the_pages_of_its_site_is_read(self) -> None:
        head = "<link rel=canonical href='https://town.example/faq/'>"
        page = html_page(f"<main><h1>Questions</h1>{self.listed('/faq/{}')}<a href='/faq/'>All</a></main>", head)
        assert "Other questions" in read_html(page).text


@pytest.mark.parametrize(
    ("dialog", "is_read"),
    [
        ("<dialog id=fees><p>It costs five euro.</p></dialog>", True),
        ("<dialog role=dialog><p>It costs five euro.</p></dialog>", True),
        ("<dialog><p>It costs cookies: five euro.</p></dialog>", False),
        ("<dialog class=newsletter><p>It costs five euro.</p></dialog>", False),
    ],
)
def test_a_dialog_is_read_unless_it_is_about_cookies_or_signs_up(dialog: str, is_read: bool) -> None:  # noqa: FBT001
    page = f"<h1>Cards</h1><p>We send the card by mail.</p><button commandfor=fees>Fees</button>{dialog}"
    assert ("five euro" in read_html(page).text) is is_read
