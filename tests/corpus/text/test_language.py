import pytest

from askdex.corpus.text.language import UNDETERMINED, detect, normalise


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Report a lost card at once, by telephone or at the counter of the agency."),
        ("de", "Melden Sie den Verlust der Karte sofort, am Telefon oder am Schalter der Behörde."),
        ("fr", "Signalez tout de suite la perte de la carte, par téléphone ou au guichet de l'agence."),
        ("es", "Comunique enseguida la pérdida de la tarjeta, por teléfono o en la oficina más próxima."),
        (
            "zh",
            "我们在北京的窗口办理。请带上身份证，谢谢您的配合，我们会尽快处理。社会保障卡丢失后，你应当立即打电话挂失，"
            "也可以到窗口办理。挂失以后，我们会在十五天之内给你一张新的卡。",
        ),
        ("ja", "カードを紛失したときは、すぐに電話または窓口で届け出てください。"),
    ],
)
def test_the_language_of_a_text_is_found(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "Lost card", "12345 67890 12345 67890 12345", "!?" * 100])
def test_a_text_with_few_letters_is_of_no_sure_language(text: str) -> None:
    assert detect(text) == UNDETERMINED


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("zh_Hans_CN", "zh"),
        (" DE ", "de"),
        ("yue", "yue"),
        ("", None),
        (None, None),
        ("english", None),
        ("e", None),
        ("en GB", None),
        ("12", None),
        ("en" + "_" * 200 + "!", None),
    ],
)
def test_a_language_tag_is_reduced_to_its_primary_part(tag: str | None, expected: str | None) -> None:
    assert normalise(tag) == expected
