"""What is measured of a model and of a collection."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.search.calibrate import measured
from askdex.indexer.types import Vectors
from tests.stubs import StubEncoder, write_files


class AllAlike(StubEncoder):
    """Gives all texts similar vectors: to each, a constant is added before it gets unit length."""

    def encode_documents(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        vectors = super().encode_documents(texts) + np.float32(0.3)
        moved: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return moved

    encode_questions = encode_documents  # type: ignore[assignment]


@pytest.mark.parametrize("encoder", [StubEncoder(), AllAlike()])
def test_cosines_that_lie_close_together_are_to_be_spread(tmp_path: Path, encoder: StubEncoder) -> None:
    write_files(tmp_path / "docs", {f"{n}.txt": f"Page {n} says this." for n in range(8)})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: encoder)
    with closing(Reader(tmp_path / "index")) as reader, reader.opened() as opened:
        scale = measured(opened, encoder).cosine_scale
    assert scale == 1 if type(encoder) is StubEncoder else scale > 1.5
