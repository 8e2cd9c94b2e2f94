"""A small site, whose markup does not say which part of a page is its own."""

from tests.corpus.readers.html.pages import html_page

SUBJECTS = (
    "passport dog pothole hall market library wedding birth parking compost moving grave pension school tree noise kiosk flood "
    "bicycle garden museum ferry harbour tower bridge chimney lantern orchard quarry windmill cellar fountain"
).split()
HEADER = '<div class="x0"><div>Town of Ashby</div><p>The town by the river, since 1204.</p></div>'
CALL = '<div class="x7"><h3>Stay informed</h3><p>Subscribe to our letter, which comes each month.</p></div>'
FOOTER = '<div class="x9"><h4>The town hall</h4><p>We are here for you from Monday to Friday.</p></div>'


def content(subject: str) -> str:
    """What a page says itself; most of it stands in every page."""
    return (
        f"<h1>About the {subject}</h1><p>Tell us of your {subject} in writing, at the desk for {subject} matters.</p>"
        "<h2>Who can apply</h2><p>Whoever lives in the town can apply.</p>"
        "<h2>How to appeal</h2><div class=x5><p>You can appeal within 30 days, by letter.</p></div>"
        "<p>This page is no legal advice.</p>"
    )


def site(number: int, *, footer: str = FOOTER) -> dict[str, str]:
    """So many pages by their names."""
    return {f"{subject}.html": page(content(subject), footer=footer) for subject in SUBJECTS[:number]}


def page(own: str, *, footer: str = FOOTER) -> str:
    """A page of the site with this text of its own."""
    return html_page(f"{HEADER}<div class=x2>{own}</div>{CALL}{footer}")
