"""Pictures of all states of all pages, to be looked at: python -m tests.server.browser FOLDER."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from askdex.corpus import starter
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from tests.server.browser.driver import DESK, PATIENCE_MS, PHONE, WIDE, chromium
from tests.server.browser.states import states

LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": PHONE},
    "desk, dark": {"viewport": DESK, "color_scheme": "dark"},
    "wide": {"viewport": WIDE},
    "no script": {"viewport": DESK, "java_script_enabled": False},
    "print": {"viewport": DESK},
}


def main(arguments: Sequence[str]) -> None:
    """Take the pictures into a folder; an index of the starter collection is made there too."""
    folder = Path(arguments[0])
    only = arguments[1:]
    index = folder / "index"
    update(index, [starter.FOLDER])
    with (
        tempfile.TemporaryDirectory() as work,
        closing(open_searcher(index)) as searcher,
        states(Path(work), searcher) as found,
        chromium() as browser,
    ):
        for look, options in LOOKS.items():
            for name, state in found.items():
                if only and name not in only:
                    continue
                page = browser.new_page(**options, locale=state.language)
                page.set_default_timeout(PATIENCE_MS)
                page.goto(state.address)
                if options.get("java_script_enabled", True) or not state.needs_script:
                    state.act(page)
                page.emulate_media(media="print" if look == "print" else "screen")
                page.screenshot(path=folder / f"{name} ({look}).png", full_page=True)
                page.close()


if __name__ == "__main__":
    main(sys.argv[1:])
