import pytest

from askdex.corpus.text.scripts import in_script


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("10", "3", "³"),
        ("10", "-3", "⁻³"),
        ("m", "2", "²"),
        ("Ca", "2+", "²⁺"),
        ("1", "st", "st"),
        ("10", "2n", "²n"),
        ("5", "1, 2", "¹, ²"),
        ("5", "[a]", " [a]"),
        ("fee", "[1]", "[1]"),
        ("5", "2024 was the last year", " 2024 was the last year"),
        ("", "2024 was the last year", "2024 was the last year"),
    ],
)
def test_a_superscript_does_not_run_on_from_a_number(before: str, text: str, expected: str) -> None:
    assert in_script(text, before, is_raised=True) == expected


@pytest.mark.parametrize(
    ("before", "text", "expected"), [("CO", "2", "₂"), ("x", "i", "i"), ("10", "2", "₂"), ("x", "-1", "₋₁")]
)
def test_a_subscript_does_not_either(before: str, text: str, expected: str) -> None:
    assert in_script(text, before, is_raised=False) == expected
