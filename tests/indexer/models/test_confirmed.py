"""Which folders of models are loaded: those that the user has named, and none that only an index names."""

from pathlib import Path

import pytest

from askdex.indexer.errors import ModelError
from askdex.indexer.models import loading
from askdex.indexer.models.encoder import DEFAULT_MODEL, canonical_name
from askdex.indexer.models.loading import Device, load_encoder


class LoadedError(Exception):
    """The model would be loaded now."""


def loaded(*_: object, **__: object) -> None:
    raise LoadedError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(loading, "_convertible", loaded)
    monkeypatch.setattr(loading, "_on_torch", loaded)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil").mkdir()
    return tmp_path / "cache"


@pytest.mark.parametrize("device", [Device.AUTO, Device.GPU])
def test_a_folder_that_an_index_names_is_loaded_once_the_user_has_named_it(cache: Path, device: Device) -> None:
    name = canonical_name("evil")
    for named in (None, "another"):
        with pytest.raises(ModelError, match=f"say so once with: askdex serve --model {name}"):
            load_encoder(name, device, named=named)
    assert not cache.exists()
    for named in ("evil", None):
        with pytest.raises(LoadedError):
            load_encoder(name, device, named=named)


@pytest.mark.parametrize("name", ["evil", ".", "../", "./evil"])
def test_a_relative_folder_is_none_that_an_index_may_name(name: str) -> None:
    with pytest.raises(LoadedError):
        load_encoder(canonical_name(name), named=name)
    with pytest.raises(ModelError, match="may come from anywhere"):
        load_encoder(name)


def test_a_folder_with_the_name_of_a_model_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / DEFAULT_MODEL).mkdir()
    with pytest.raises(LoadedError):
        load_encoder(DEFAULT_MODEL)


def test_where_the_cache_cannot_be_written_a_folder_is_named_each_time(cache: Path) -> None:
    cache.write_bytes(b"")
    with pytest.raises(LoadedError):
        load_encoder(canonical_name("evil"), named="evil")
    with pytest.raises(ModelError, match="may come from anywhere"):
        load_encoder(canonical_name("evil"))
