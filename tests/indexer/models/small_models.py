"""Tiny models that tests of encoders share."""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import BertProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WORDS = "query passage : the office issues a card lost report pension begins at sixty . ? who cards".split()
VOCABULARY = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
PROMPTS = {"query": "query: ", "document": "passage: "}
DIMENSION = 8
LONGEST = 20


def word_tokenizer() -> Tokenizer:
    """A tokenizer for which a word is a token."""
    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def make_model(
    folder: Path, prompts: dict[str, str] | None = None, *, longest: int = LONGEST, pooling: str = "mean", seed: int = 0
) -> Path:
    """A folder with a tiny BERT model; the same arguments make the same model."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=1.0,
    )
    BertModel(config).save_pretrained(folder / "bert")
    tokenizer = word_tokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", VOCABULARY["[SEP]"]), ("[CLS]", VOCABULARY["[CLS]"]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]")
    fast.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=longest), Pooling(DIMENSION, pooling)]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "whole"), create_model_card=False)
    return folder / "whole"
