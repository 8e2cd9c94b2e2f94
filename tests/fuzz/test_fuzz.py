"""A part of the fuzz program: whatever a file holds, it is read or left out with a reason, and the run goes on."""

from collections import Counter, deque

import pytest

from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document
from tests.fuzz.hostile import inputs
from tests.fuzz.measuring import READ, measured
from tests.fuzz.mutations import mutated
from tests.fuzz.runs import fuzzed
from tests.fuzz.samples import FUZZED, SAMPLES, TOKENS

_SHARE = 20 * len(FUZZED)
_HOSTILE = {
    "deep-front.md": f"{READ}; not valid YAML: a",
    "entities-laughs.docx": "it declares a document type, which no Word file may",
    "entities-circle.xml": "its entities grow too large",
    "half.xlsx": "a damaged Excel file",
    "in-archives.zip": "a file within more than 3 others; no document in it",
    "locked.pptx": "protected by a password",
    "locked.xls": "protected by a password",
    "locked-by-office.doc": "protected by a password",
    "nested.pptx": "nested too deeply",
    "nested.json": "nested too deeply",
    "outside.rst": READ,
    "parts-in-parts.eml": "nested too deeply",
    "really-pdf.docx": "not a Word file",
    "really-pdf.md": "a PDF file under another name",
    "really-rtf.txt": "an RTF file under another name",
    "table-in-circle.pdf": "a damaged PDF file",
}
"""Some hostile files that cost little, and what becomes of them."""


def test_there_are_samples_of_every_format_and_they_are_sound() -> None:
    assert SAMPLES.keys() == TOKENS.keys() == {file_format.name for file_format in FUZZED}
    assert all(map(all, TOKENS.values()))
    for file_format in FUZZED:
        for n, sample in enumerate(SAMPLES[file_format.name]):
            name = f"{n}{file_format.suffixes[-1]}"
            parts = list(parse(Item(name.encode(), name, b"", len(sample)), sample))
            assert parts
            assert all(isinstance(part, Document) for part in parts), parts


@pytest.mark.parametrize("file_format", FUZZED, ids=lambda file_format: file_format.name)
def test_inputs_are_the_same_each_time_and_differ_by_their_number(file_format: object) -> None:
    name = getattr(file_format, "name", "")
    assert mutated(name, 1, 7) == mutated(name, 1, 7)
    # Two may happen to lack the same part of a package and nothing else.
    assert len({mutated(name, seed, number) for seed in (1, 2) for number in range(9)}) > 15


def test_mutated_files_are_read_or_left_out_with_a_reason() -> None:
    (found,) = deque(fuzzed(0, range(_SHARE)), maxlen=1)
    assert found.faults == {}
    counts = {name: outcomes.total() for name, outcomes in found.outcomes.items()}
    assert counts == {file_format.name: _SHARE / len(FUZZED) for file_format in FUZZED}
    # What was mutated is not so broken that nothing of it is read.
    assert sum(found.outcomes.values(), Counter())[READ] > _SHARE / 2


def test_hostile_files_are_read_or_left_out_with_a_true_reason_within_the_limits() -> None:
    kinds = inputs()
    found = measured({name: kinds[name]() for name in _HOSTILE})
    assert found.faults == ()
    assert {name: cost.outcome for name, cost in found.files.items()} == _HOSTILE
    assert {name: cost.faults for name, cost in found.files.items() if cost.faults} == {}


def test_there_are_hostile_files_of_every_format() -> None:
    suffixes = {name[name.index(".") :] for name in inputs()}
    assert suffixes >= {next(filter(None, file_format.suffixes)) for file_format in FUZZED}
