from datetime import date

import pytest

from askdex.corpus.types import Metadata, Scalar
from askdex.corpus.versions import is_out_of_force, is_replaced, stated, version_metadata

_NEW_YEAR = 1_704_067_200.0  # 2024-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("uri", "metadata", "text", "expected"),
    [
        ("rent-2022.md", {"lastmod": "2024-09-03"}, "As of 1 May 2023", ("2024-09-03", "metadata")),
        ("rent-2022.md", {}, "As of 1 May 2023", ("2022", "name")),
        ("rent.md", {}, "Rent\n\nAs of 1 May 2023\n", ("2023-05-01", "text")),
        ("rent.md", {}, "Rent\n\n1 May 2023\n\nIt is due on 3 June 2023.", ("2023-05-01", "text")),
        ("rent.md", {}, "It is due on 3 June 2023.", ("2024-01-01", "file")),
        ("2022/rent.md", {}, "As of 1 May 2023", ("2023-05-01", "text")),
        ("rules 2023/2022/rent.md", {}, "Rent", ("2022", "name")),
        ("https://office.example/2022/rent", {}, "Rent", ("2024-01-01", "file")),
        ("rent.csv#row-2022", {}, "Rent", ("2024-01-01", "file")),
    ],
)
def test_the_date_of_a_document_and_where_it_comes_from(
    uri: str, metadata: Metadata, text: str, expected: tuple[str, str]
) -> None:
    found = version_metadata(uri, metadata, text, _NEW_YEAR)
    assert (found["updated"], found["updated_from"]) == expected


def test_where_nothing_says_the_date_there_is_none() -> None:
    assert version_metadata("rent.md", {}, "Rent", None) == {}


def test_the_date_of_the_last_change_goes_before_that_of_publication() -> None:
    assert stated({"date": "2022-01-01", "Last-Updated": "2024-09-03"}) == {"updated": "2024-09-03"}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"effective": "2024-09-01", "expires": "2025-08-31"}, {"valid_from": "2024-09-01", "valid_until": "2025-08-31"}),
        ({"superseded_by": "rent-2025.md"}, {"replaced_by": "rent-2025.md"}),
        ({"archived": True}, {"status": "archived"}),
        ({"archived": False}, {}),
        ({"review_date": "2025-01"}, {"review_by": "2025-01"}),
        ({"date": "every Monday"}, {}),
    ],
)
def test_metadata_say_how_long_a_document_holds(metadata: Metadata, expected: dict[str, Scalar]) -> None:
    assert stated(metadata) == expected


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("House rules\n\nValid from May 2024\n\nNo pets.", "valid_from", "2024-05"),
        ("House rules (valid until 31.12.2024)\n\nNo pets.", "valid_until", "2024-12-31"),
        ("Hausordnung\nStand: 03/2024\n", "updated", "2024-03"),
        ("No pets.\n\n" + "More. " * 300 + "\n\nLast updated: **3 September 2024**", "updated", "2024-09-03"),
        ("House rules\n\nSUPERSEDED\n\nNo pets.", "status", "superseded"),
        ("These rules have moved.\n\nSuperseded by: House rules 2025.\n", "replaced_by", "House rules 2025"),
        ("Office of the Council\n\nRiver Town, 3 May 2024\n\nAll boats are registered.", "updated", "2024-05-03"),
        ("Dock fees\n\n" + "More. " * 300 + "\n\nHafenstadt, den 12.03.2021\n\nThe council", "updated", "2021-03-12"),
        ("Concejo\nPuerto Viejo, 7 de enero de 2.025\n", "updated", "2025-01-07"),
        ("Stand: 03/2024\n\nHafenstadt, den 12.03.2021", "updated", "2024-03"),
        ("Huurregels\nLaatst bijgewerkt op 3 maart 2024\n", "updated", "2024-03-03"),
        ("Regole\nUltimo aggiornamento: 3 marzo 2024\n", "updated", "2024-03-03"),
        ("Regras\nAtualizado em 3 de março de 2024\n", "updated", "2024-03-03"),
        ("Regler\nSenast uppdaterad den 3 maj 2024\n", "updated", "2024-05-03"),
        ("Zasady\nOstatnia aktualizacja: 3 października 2024\n", "updated", "2024-10-03"),
        ("Правила\nОбновлено: 3 марта 2024\n", "updated", "2024-03-03"),
        ("규칙\n최종 수정일: 2024년 3월 3일\n", "updated", "2024-03-03"),
        ("The office moved to River Town, 3 May 2024 was its last day.", "updated", None),
        ("Your key card is valid until 31 December 2024.", "valid_until", None),
        ("The pump was replaced by a new one.", "replaced_by", None),
    ],
)
def test_the_first_and_last_lines_of_a_text_speak_of_its_version(text: str, key: str, expected: str | None) -> None:
    assert version_metadata("rules.md", {}, text, None).get(key) == expected


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("archive/rent.md", "archived"),
        ("Rules/99_Archive/2022/rent.md", "archived"),
        ("Regeln/_Veraltet/rent.md", "archived"),
        ("drive.zip/z - Old/rent.md", "archived"),
        ("Fees (superseded).md", "archived"),
        ("12-feesRepealed-by-14.md", "archived"),
        ("12-Tarifas-DEROGADA.txt", "archived"),
        ("repealed laws.md", None),
        ("archive.md", None),
        ("old town/rent.md", None),
        ("archive of songs/rent.md", None),
        ("https://office.example/archive/rent", None),
        ("https://office.example/news/old-keys-are-obsolete", None),
    ],
)
def test_a_name_for_what_holds_no_more_says_so_of_its_documents(uri: str, status: str | None) -> None:
    assert version_metadata(uri, {}, "Rent", None).get("status") == status
    assert version_metadata(uri, {"status": "current"}, "Rent", None).get("status") == "current"


@pytest.mark.parametrize(
    ("metadata", "is_out"),
    [
        ({}, False),
        ({"status": "current"}, False),
        ({"status": "Superseded (see B)"}, True),
        ({"replaced_by": "b.md"}, True),
        ({"valid_until": "2024-06"}, False),
        ({"valid_until": "2024-05-31"}, True),
        ({"valid_from": "2024-07-01"}, True),
        ({"valid_from": "2024"}, False),
    ],
)
def test_a_document_is_in_force_or_not_on_a_day(metadata: Metadata, is_out: bool) -> None:  # noqa: FBT001
    assert is_out_of_force(metadata, date(2024, 6, 15)) is is_out
    assert is_replaced(metadata) is (is_out and "valid_from" not in metadata and "valid_until" not in metadata)
