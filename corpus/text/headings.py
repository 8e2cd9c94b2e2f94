"""Which lines can be headings by how they read, whatever they look like."""

from askdex.corpus.text.lines import ends_as_running_text, leads_in, opens_item, outline_number

# Lengths in characters, chosen by hand. A lower bound takes headings for text, a higher one text for headings.
_LONGEST_HEADING = 120
_LONGEST_UNSPACED_HEADING = 40
"""Of a line without blanks, as Chinese is written: as many letters say there what three times as many say in English."""
_LONGEST_LABEL = 4
"""Words. "Legal basis:" is the heading of what follows; a longer line with a colon leads in to a list."""


def could_be_heading(line: str) -> bool:
    """Whether a line reads as a heading: short, beginning with a capital, and not ending as a sentence or a lead-in."""
    if len(line) > _LONGEST_HEADING or "://" in line or ends_as_running_text(line) or leads_in_to_list(line):
        return False
    if " " not in line and len(line) > _LONGEST_UNSPACED_HEADING:
        return False
    letter = first_letter(line)
    return not is_item(line) and bool(letter) and not letter.islower()


def is_item(line: str) -> bool:
    """Whether a line can be nothing but an item of a list; "1. Scope" may be a heading."""
    return opens_item(line) and outline_number(line) is None


def leads_in_to_list(line: str) -> bool:
    """Whether a line leads in to what follows and heads nothing: "Please bring these:", but not "Legal basis:"."""
    return leads_in(line) and (len(line.split()) > _LONGEST_LABEL or "," in line)


def first_letter(text: str) -> str:
    """The first letter of a text; nothing where it has none."""
    return next(filter(str.isalpha, text), "")
