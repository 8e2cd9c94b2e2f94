"""The multilingual model is read out of its package, and knows that texts in different languages mean the same."""

from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.errors import ModelError
from askdex.indexer.models import encoder, multilingual
from askdex.indexer.models.encoder import MULTILINGUAL_MODEL, folder_of
from askdex.indexer.models.loading import Device, load_encoder, runtime
from askdex.indexer.models.token_models import EncoderTokens

needs_package = pytest.mark.skipif(
    not multilingual.is_multilingual_installed(), reason="the package with the weights is not installed"
)


def test_a_block_of_weights_is_read() -> None:
    scale = np.array([0.5], "<f2").tobytes()
    numbers = np.arange(16, dtype=np.uint8) | (np.arange(16, dtype=np.uint8)[::-1] << 4)
    array = multilingual._floats(scale + numbers.tobytes(), 32)
    expected = [*range(16), *reversed(range(16))]
    assert array.tolist() == [(number - 8) / 2 for number in expected]


def test_an_array_of_floats_is_read_as_it_is() -> None:
    numbers = np.array([0.25, -3], "<f4")
    assert multilingual._floats(numbers.tobytes(), 2).tolist() == numbers.tolist()


def test_weights_that_are_not_known_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").write_bytes(b"others")
    monkeypatch.setattr(multilingual, "_package_file", lambda: tmp_path / "weights")
    with pytest.raises(ModelError, match="install version"):
        multilingual.write_model(tmp_path)


def test_without_its_package_the_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path))
    monkeypatch.setattr(multilingual, "_package_file", lambda: None)
    with pytest.raises(ModelError, match="pip install"):
        load_encoder(MULTILINGUAL_MODEL, Device.CPU)
    assert "pip install" in runtime(MULTILINGUAL_MODEL).reason


@needs_package
def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelError, match="ASKDEX_CACHE"):
        folder_of(MULTILINGUAL_MODEL)


def test_a_default_model_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"others")
    monkeypatch.setattr(encoder, "get_model_path", lambda: str(tmp_path))
    with pytest.raises(ModelError, match="published"):
        encoder.require_known_weights(encoder.DEFAULT_MODEL, tmp_path)


@needs_package
@pytest.mark.slow
def test_what_means_the_same_in_another_language_is_nearest() -> None:
    model = load_encoder("multilingual", Device.CPU)
    assert model.limit == 509  # of 512 tokens the prompt takes three
    texts = ["Das Hallenbad ist montags geschlossen.", "La biblioteca abre a las nueve.", "会员费每年一百元。"]
    questions = ["On which day is the pool closed?", "Wann öffnet die Bücherei?", "¿Cuánto cuesta la cuota anual?"]
    cosines = model.encode_questions(questions) @ model.encode_documents(texts).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]


@needs_package
@pytest.mark.slow
def test_one_run_gives_the_vectors_of_texts_and_the_codes_of_their_tokens() -> None:
    model = load_encoder("multilingual", Device.CPU)
    texts = ["The card is issued by the office.", "Die Karte kostet nichts. " * 9, "社会保障卡丢失后，应当到哪里补办？", ""]
    vectors, codes = EncoderTokens(model).vectors_and_codes(texts)
    assert vectors.dtype == np.float32
    assert np.vecdot(vectors, model.encode_documents(texts)).min() > 0.9999
    assert codes == EncoderTokens(model).passages(texts)
