"""What people ask as a table: a row for each group of questions in each list."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TextIO

from askdex.indexer.upkeep.asked import QuestionGroup

_COLUMNS = ("list", *(field.name for field in fields(QuestionGroup)))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; anybody may ask one."""


def write_table(file: TextIO, lists: Mapping[str, Sequence[QuestionGroup]]) -> None:
    """Write the groups of each list as CSV."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, groups in lists.items():
        for group in groups:
            row = {**asdict(group), "helpful": " ".join(group.helpful)}
            writer.writerow([name, *map(_cell, row.values())])


def _cell(value: object) -> object:
    """A value as a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
