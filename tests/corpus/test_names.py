import pytest

from askdex.corpus.names import names
from askdex.corpus.types import Metadata


def test_the_names_of_a_document_are_its_folders_its_file_and_what_its_metadata_say() -> None:
    metadata: Metadata = {
        "format": "markdown",
        "folder": "leases",
        "tags": ["garage", "keys"],
        "owner": "Ida Brandt",
        "weight": 3,
    }
    assert names("leases/Plot-17_tenancyAgreement.md", metadata).split("\n") == [
        "leases Plot-17 tenancy Agreement",
        "garage",
        "keys",
        "Ida Brandt",
    ]


def test_the_name_of_a_row_in_a_file_belongs_to_the_names() -> None:
    assert names("faq.csv#who-pays", {}) == "faq who-pays"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://docs.example.org/guide/first%20steps.html", "guide first steps"),
        ("https://example.org/index.php?title=Refund_policy&id=3", "index.php title Refund policy id 3"),
        ("https://example.org/faq.csv#who-pays", "faq who-pays"),
        ("https://example.org/", ""),
    ],
)
def test_the_names_of_a_page_are_its_place_in_the_site(address: str, words: str) -> None:
    assert names(address, {"site": "example.org"}) == words


@pytest.mark.parametrize(
    "value", ["https://example.org/a", "/img/cover.png", "cover.png", "ida@example.org", "9f86d081884c7d659a2feaa0", "x" * 400]
)
def test_addresses_files_checksums_and_whole_texts_are_no_names(value: str) -> None:
    assert names("a.md", {"key": value}) == "a"


def test_names_have_a_limit() -> None:
    assert len(names("a.md", {"tags": [f"tag number {n}" for n in range(1000)]})) <= 1100


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"updated": "2024-09-03", "updated_from": "metadata"}, "rent September 2024"),
        ({"updated": "2024", "updated_from": "name"}, "rent 2024"),
        ({"valid_from": "2024-09"}, "rent September 2024"),
        ({"updated": "2024-09-03", "updated_from": "file"}, "rent"),
        ({"date": "2024-09-03"}, "rent"),
    ],
)
def test_the_month_that_a_document_is_of_is_a_name_unless_it_is_that_of_the_file(metadata: Metadata, expected: str) -> None:
    assert names("rent.md", metadata).split("\n") == expected.split(" ", 1)
