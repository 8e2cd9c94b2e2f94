"""What the tests share."""

import os

# Threads of NumPy wait for their next work by spinning, and take the cores from each other and from all other processes: more
# than half the time of some tests. To be set before NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from flask.testing import FlaskClient

from askdex.corpus import starter
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.models.late_interaction import LateInteractionModel
from askdex.indexer.models.loading import Device, load_encoder
from askdex.indexer.models.openvino import OpenVinoEncoder
from askdex.indexer.search import calibrate
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.server.app import create_app
from tests.stubs import PageReaderHere, PoolHere, StubEncoder, StubReranker, loaded_once

SHARED = Path(__file__).parents[2] / "shared"
_ALL_REFUSALS = {f"tests.indexer.{name}" for name in ("search.test_calibrate", "search.test_relevance", "evaluation.test_tune")}
_LONGEST = (
    "tests/test_quality.py",
    "tests/faults/test_faults.py",
    "tests/indexer/models/test_multilingual.py",
    "tests/benchmarks/test_benchmarks.py",
    "tests/indexer/ingest/test_trap_site.py",
    "tests/indexer/ingest/test_reading.py",
    "tests/server/pages/test_guide.py",
)
"""The modules whose tests take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: at the end, the other processes would wait for the one that runs it."""
    ranks = {name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


@pytest.fixture
def stub() -> StubEncoder:
    return StubEncoder()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of one run of the tests share, and all runs for which `TESTS_SHARED` names one."""
    if named := os.environ.get("TESTS_SHARED"):
        return Path(named)
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session", autouse=True)
def model_cache(shared_folder: Path) -> Iterator[Path]:
    """Where models are converted to, once and by whoever needs them first; not the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = shared_folder / "cache"
        folder.mkdir(parents=True, exist_ok=True)
        patch.setenv("ASKDEX_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def default_reranker() -> Iterator[None]:
    """A stub, so that tests of the mode precise do not depend on what is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: StubReranker({}))
        patch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: True)
        yield


@pytest.fixture(scope="session", autouse=True)
def reading_here() -> Iterator[None]:
    """Files are read in the process of the tests, for speed; see tests/indexer/ingest/test_reading.py for all others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askdex.indexer.ingest.update.Pool", PoolHere)
        patch.setattr("askdex.indexer.ingest.update.PageReader", PageReaderHere)
        patch.setattr("askdex.indexer.ingest.model_choice.Pool", PoolHere)
        yield


@pytest.fixture(scope="session", autouse=True)
def models_loaded_once() -> Iterator[None]:
    """To load a model takes a quarter of a second, and the questions of the calibration, always the same, more than one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askdex.indexer.models.loading.OpenVinoEncoder", loaded_once(OpenVinoEncoder))
        patch.setattr("askdex.indexer.models.late_interaction.LateInteractionModel", loaded_once(LateInteractionModel))
        patch.setattr(LateInteractionModel, "question", cache(LateInteractionModel.question))
        yield


@pytest.fixture(scope="module", autouse=True)
def few_refusals_counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Few questions are asked of a collection to count which are refused: all of them take a third of the time of an update.

    In the modules that are about these counts, and in the index of the starter collection, all are asked.
    """
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__ not in _ALL_REFUSALS:
            patch.setattr(calibrate, "COUNTED", 8)
            patch.setattr(calibrate, "NEAR_COUNTED", 4)
        calibrate._foreign_questions.cache_clear()
        yield
    calibrate._foreign_questions.cache_clear()


@pytest.fixture(scope="session")
def encoder(model_cache: Path) -> Encoder:  # noqa: ARG001  # it is to be there first
    """The real model, converted; that takes half a minute."""
    return load_encoder(DEFAULT_MODEL, Device.CPU)


@pytest.fixture(scope="session")
def starter_index(shared_folder: Path, encoder: Encoder) -> Path:
    """An index of the starter collection, made with the real model; tests must not change it."""
    folder = shared_folder / "starter" / "index"
    with FileLock(shared_folder / "starter.lock"):
        if not folder.exists():
            update(folder, [starter.FOLDER], load_encoder=lambda _: encoder)
    return folder


@pytest.fixture(scope="session")
def starter_searcher(starter_index: Path, encoder: Encoder) -> Iterator[Searcher]:
    searcher = open_searcher(starter_index, lambda _: encoder)
    yield searcher
    searcher.close()


@pytest.fixture
def client(starter_searcher: Searcher) -> FlaskClient:
    return create_app(starter_searcher).test_client()


@pytest.fixture(scope="session")
def usagov() -> Path:
    """The evaluation set of public pages, where this checkout has it beside it."""
    folder = SHARED / "eval" / "usagov_en"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def seed_page() -> Path:
    """The folder with the page that the project started from, where this checkout has it beside it."""
    folder = SHARED / "seed"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder
