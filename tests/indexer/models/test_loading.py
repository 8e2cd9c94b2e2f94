"""Choosing what runs a model: it is converted once, and the result is used only where it is intact."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock
from sentence_transformers import SentenceTransformer

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache, confirmed, conversion, loading, torch_encoder
from askdex.indexer.models.cache import ModelManifest
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder, Runtime, folder_of
from askdex.indexer.models.gpu import OffloadingEncoder
from askdex.indexer.models.loading import Device, load_encoder
from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder
from tests.indexer.models.small_models import DIMENSION, LONGEST, PROMPTS, make_model
from tests.stubs import write_files

TEXTS = ["Who issues the card?", "A pension begins at sixty. " * 20, "", "社保卡"]


@pytest.fixture(scope="module")
def kept(shared_folder: Path) -> tuple[Path, Path]:
    """A tiny model and a cache that holds it converted; tests must not change either."""
    model, folder = shared_folder / "tiny model" / "whole", shared_folder / "cache of the tiny model"
    with FileLock(shared_folder / "tiny model.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASKDEX_CACHE", str(folder))
        if not model.exists():
            make_model(model.parent, PROMPTS)
        cache.find_or_make(cache.entry_folder(model), lambda new: loading.run_converter(str(model), new))
    return model, folder


@pytest.fixture
def model(kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model that the cache of this test holds; converting another fails."""
    shutil.copytree(kept[1], tmp_path / "cache")
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(loading, "run_converter", unwanted)
    return kept[0]


def unwanted(name: str, _: Path) -> None:
    raise AssertionError(f"{name} was converted again")


def test_the_model_that_comes_with_askdex_runs_converted(encoder: Encoder) -> None:
    assert encoder.runtime.name.startswith("OpenVINO")
    assert "least cosine" in encoder.runtime.reason


def test_a_converted_model_gives_the_vectors_of_torch(encoder: Encoder) -> None:
    torch = SentenceTransformerEncoder(DEFAULT_MODEL)
    assert (encoder.fingerprint, encoder.dimension, encoder.limit) == (torch.fingerprint, torch.dimension, torch.limit)
    assert encoder.count(TEXTS) == torch.count(TEXTS)
    assert (encoder.encode_documents(TEXTS) * torch.encode_documents(TEXTS)).sum(axis=1).min() > 0.98
    assert (encoder.encode_questions(TEXTS) * torch.encode_questions(TEXTS)).sum(axis=1).min() > 0.98


def test_loading_a_converted_model_imports_neither_torch_nor_a_converter(encoder: Encoder) -> None:  # noqa: ARG001
    program = (
        "import sys; from askdex.indexer.models.loading import Device, load_encoder\n"
        f"encoder = load_encoder({DEFAULT_MODEL!r}, Device.CPU, converts=False)\n"
        "encoder.encode_questions(['Who issues the card?']); print(encoder.runtime.name.partition(' ')[0])\n"
        "print({'torch', 'transformers', 'sentence_transformers', 'nncf', 'openvino_telemetry.main'} & sys.modules.keys())"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert ended.stdout.splitlines() == ["OpenVINO", "set()"]


def test_a_converted_model_is_not_converted_again(model: Path) -> None:
    messages: list[str] = []
    encoder = load_encoder(str(model), Device.CPU, tell=messages.append)
    assert encoder.runtime.name.startswith("OpenVINO")
    assert messages == []
    assert loading.runtime(str(model), Device.CPU) == encoder.runtime


def test_prompts_are_those_of_the_model(model: Path) -> None:
    ours, theirs = load_encoder(str(model), Device.CPU), SentenceTransformerEncoder(str(model))
    texts = ["the office issues a card", "who"]
    assert (ours.encode_documents(texts) * theirs.encode_documents(texts)).sum(axis=1).min() > 0.98
    assert (ours.encode_questions(texts) * theirs.encode_questions(texts)).sum(axis=1).min() > 0.98
    assert not np.allclose(ours.encode_documents(texts), ours.encode_questions(texts), atol=0.01)


def test_tokens_are_those_of_the_text_that_the_model_takes_without_its_prompt(model: Path) -> None:
    text = "the office issues a card. " * 5
    read = text.replace(".", " .").split()[: LONGEST - len("[CLS] passage : [SEP]".split())]
    for encoder in (load_encoder(str(model), Device.CPU), SentenceTransformerEncoder(str(model))):
        tokens = (encoder.encode_tokens([text]) or [])[0]
        assert [text[begin:end] for begin, end in tokens.spans] == ["", "", "", *read, ""]
        assert tokens.vectors.shape == (LONGEST, DIMENSION)


def test_a_model_that_takes_no_mean_has_no_tokens_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path / "model", PROMPTS, pooling="cls")
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(loading, "run_converter", conversion.convert)
    with pytest.warns():
        converted = load_encoder(str(model), Device.CPU)
    assert converted.runtime.name.startswith("OpenVINO")
    assert converted.encode_tokens(["card"]) is None
    assert SentenceTransformerEncoder(str(model)).encode_tokens(["card"]) is None


def cut_short(place: Path) -> None:
    (place / "model.blob").write_bytes((place / "model.blob").read_bytes()[:-1])


def turn_a_bit(place: Path) -> None:
    content = bytearray((place / "model.blob").read_bytes())
    content[len(content) // 2] ^= 1
    (place / "model.blob").write_bytes(content)


def lose_a_file(place: Path) -> None:
    (place / "tokenizer.json").unlink()


def garble_the_manifest(place: Path) -> None:
    (place / "manifest.json").write_text("[")


def let_others_write(place: Path) -> None:
    place.chmod(0o777)


@pytest.mark.parametrize("damage", [cut_short, turn_a_bit, lose_a_file, garble_the_manifest, let_others_write])
def test_what_is_damaged_or_may_be_foreign_is_made_anew(
    model: Path, kept: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    place = cache.entry_folder(model)
    damage(place)
    assert loading.runtime(str(model), Device.CPU).name == "torch float32"

    def copied(_: str, folder: Path) -> None:
        shutil.copytree(kept[1] / place.name, folder, dirs_exist_ok=True)
        folder.chmod(0o700)

    monkeypatch.setattr(loading, "run_converter", copied)
    assert load_encoder(str(model), Device.CPU).runtime.name.startswith("OpenVINO")
    assert place.stat().st_mode & 0o077 == 0


def test_a_model_that_has_changed_is_another(model: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(model, tmp_path / "other"))
    assert cache.entry_folder(other) == cache.entry_folder(model)
    settings = other / "config_sentence_transformers.json"
    settings.write_text(settings.read_text().replace("query: ", "ask: "))
    assert cache.entry_folder(other) != cache.entry_folder(model)


def take_out(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Let packages be missing, as after `pip uninstall`."""

    def version_without(name: str) -> str:
        if name in names:
            raise PackageNotFoundError(name)
        return version(name)

    patch.setattr(cache, "version", version_without)
    for name in names:
        patch.setitem(sys.modules, name.replace("-", "_"), None)


def test_a_converted_model_needs_none_of_the_libraries_that_converted_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cache.entry_folder(model)
    take_out(monkeypatch, "torch", "transformers", "sentence-transformers", "nncf")
    assert cache.entry_folder(model) == place
    assert load_encoder(str(model), Device.CPU).runtime.name.startswith("OpenVINO")
    # One that decides how it runs may not be another.
    take_out(monkeypatch, "torch")
    monkeypatch.setattr(cache, "_noted_versions", lambda _: {"torch": "0.1"})
    assert cache.entry_folder(model) != place


def test_a_model_that_is_not_converted_says_which_package_it_needs(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(cache.entry_folder(model))
    take_out(monkeypatch, "sentence-transformers")
    with pytest.raises(ModelError, match="needs the package sentence_transformers, which is not installed"):
        load_encoder(str(model), Device.CPU, converts=False)


def test_there_is_no_gpu_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out(monkeypatch, "torch")
    assert torch_encoder.available_gpu() is None


@pytest.mark.parametrize("note", ["", "[]", "{", '"torch"'])
def test_a_note_that_cannot_be_read_is_none(model: Path, monkeypatch: pytest.MonkeyPatch, note: str) -> None:
    place = cache.entry_folder(model)
    (place.parent / "libraries.json").write_text(note)
    assert cache.entry_folder(model) == place
    take_out(monkeypatch, "torch")
    assert cache.entry_folder(model) != place


def test_what_an_earlier_recipe_made_is_not_found(model: Path) -> None:
    entry = cache.find(cache.entry_folder(model))
    assert entry is not None
    earlier = Path(shutil.copytree(entry.folder, cache.entry_folder(model, cache.CONVERSION_RECIPE - 1)))
    (earlier / cache.MANIFEST).write_text(json.dumps(asdict(entry.manifest) | {"cosine": 0.999}), encoding="utf-8")
    assert earlier != entry.folder
    # Its folder has another name; and its manifest would not be read even under the present name.
    assert cache.find(earlier) is None
    assert cache.find(cache.entry_folder(model)) == entry


def test_only_one_of_many_converts(model: Path, kept: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    place = cache.entry_folder(model)
    shutil.rmtree(place)
    calls: list[str] = []

    def copied(name: str, folder: Path) -> None:
        calls.append(name)
        shutil.copytree(kept[1] / place.name, folder, dirs_exist_ok=True)

    monkeypatch.setattr(loading, "run_converter", copied)
    with ThreadPoolExecutor(4) as threads:
        encoders = list(threads.map(lambda _: load_encoder(str(model), Device.CPU), range(4)))
    assert all(encoder.runtime.name.startswith("OpenVINO") for encoder in encoders)
    assert calls == [str(model)]


def test_a_cache_that_cannot_be_written_leaves_torch(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "file" / "cache"))
    encoder = load_encoder(str(model), Device.CPU)
    assert encoder.runtime.name == "torch float32"
    assert "cannot be kept" in encoder.runtime.reason


def test_who_asks_once_does_not_wait_for_a_conversion(model: Path) -> None:
    shutil.rmtree(cache.entry_folder(model))
    encoder = load_encoder(str(model), Device.CPU, converts=False)
    assert encoder.runtime.name == "torch float32"
    assert "not converted yet" in encoder.runtime.reason


def test_a_converter_that_dies_leaves_torch(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(cache.entry_folder(model))
    monkeypatch.undo()
    monkeypatch.setenv("ASKDEX_CACHE", str(model.parent / "fresh"))
    confirmed.confirm(str(model))
    monkeypatch.setattr(loading, "CONVERTER", ("-c", "raise SystemExit('no memory')"))
    encoder = load_encoder(str(model), Device.CPU)
    assert encoder.runtime == Runtime("torch float32", "the converter failed (no memory)")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy.py", "indexer/__init__.py"])
def test_the_converter_runs_nothing_of_the_folder_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_files(tmp_path, {name: "raise SystemExit('of the user')"})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(loading.ConverterError, match="The model nowhere/at-all"):
        loading.run_converter("nowhere/at-all", tmp_path)


# What a conversion does; these tests convert in their own process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("may_use_bfloat16", "runtimes"), [(True, {"OpenVINO bfloat16", "OpenVINO int8"}), (False, {"OpenVINO int8"})]
)
def test_nothing_calls_out_while_a_model_is_converted(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, may_use_bfloat16: bool, runtimes: set[str]
) -> None:
    """A processor without bfloat16 gets 8 bits."""
    if not may_use_bfloat16:
        monkeypatch.setattr(conversion, "has_bfloat16", lambda: False)

    def refused(*_: object) -> None:
        raise AssertionError("something called out")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    with pytest.warns():
        manifest = conversion.convert(str(kept[0]), tmp_path)
    assert manifest.is_usable
    assert manifest.runtime in runtimes


@pytest.mark.slow
def test_eight_bits_that_do_not_serve_leave_float32(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "has_bfloat16", lambda: False)
    check = conversion.check

    def strict(encoder: SentenceTransformerEncoder, folder: Path, runtime: str) -> ModelManifest:
        manifest = check(encoder, folder, runtime)
        return replace(manifest, checksums={}) if runtime == conversion.INT8 else manifest

    monkeypatch.setattr(conversion, "check", strict)
    with pytest.warns():
        manifest = conversion.convert(str(kept[0]), tmp_path)
    assert (manifest.runtime, manifest.is_usable) == ("OpenVINO float32", True)

    def refused(_: object) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(conversion, "compress", refused)
    with pytest.warns():
        manifest = conversion.convert(str(kept[0]), tmp_path)
    assert (manifest.runtime, manifest.is_usable) == ("OpenVINO float32", True)


def test_what_eight_bits_serve_worst_is_kept_as_it_is(kept: tuple[Path, Path]) -> None:
    with pytest.warns():
        model = conversion.trace(SentenceTransformerEncoder(str(kept[0])))
    values, narrowing = sorted(set(conversion.sensitive_products(model)))
    assert ".attention.self.value" in values
    assert ".0.output.dense" in narrowing


def test_vectors_that_differ_too_much_leave_torch(kept: tuple[Path, Path], tmp_path: Path) -> None:
    model, cache = kept
    encoder = SentenceTransformerEncoder(str(model))
    place = Path(shutil.copytree(next(cache.glob("*/model.blob")).parent, tmp_path / "place"))
    manifest = conversion.check(encoder, place, conversion.INT8, least_cosine=1.5)
    assert not manifest.is_usable
    assert "differ too much" in manifest.reason


def test_a_model_that_is_none_to_convert_is_left_to_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path / "model", pooling="max")
    manifest = conversion.convert(str(model), tmp_path)
    assert (manifest.is_usable, manifest.checksums) == (False, {})
    assert "pooling is max" in manifest.reason
    monkeypatch.setenv("ASKDEX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(loading, "run_converter", conversion.convert)
    assert load_encoder(str(model), Device.CPU).runtime.reason == manifest.reason
    monkeypatch.setattr(loading, "run_converter", unwanted)
    assert load_encoder(str(model), Device.CPU).runtime.reason == manifest.reason


# Models that are not on this machine


@pytest.fixture
def hub_requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that the hub is asked for; it gives none."""
    names: list[str] = []

    def model_info(_: object, name: str, **_options: float) -> None:
        names.append(name)
        raise OSError("there is none")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", model_info)
    return names


@pytest.mark.parametrize("device", [None, "cpu"])
def test_only_a_model_that_the_user_has_named_is_fetched(
    hub_requests: list[str], monkeypatch: pytest.MonkeyPatch, device: str | None
) -> None:
    monkeypatch.setattr(loading, "gpu_for", lambda _: device)
    for named in (None, "another/model"):
        with pytest.raises(ModelError, match="askdex serve --model no/such-model") as caught:
            load_encoder("no/such-model", named=named)
        assert "\n" not in str(caught.value)
    assert hub_requests == []
    with pytest.raises(ModelError, match="there is none"):
        load_encoder("no/such-model", named="no/such-model")
    assert hub_requests == ["no/such-model"]


def test_a_model_that_was_fetched_before_is_found(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub_requests: list[str]
) -> None:
    place = tmp_path / "models--some--model"
    shutil.copytree(kept[0], place / "snapshots" / "0123")
    write_files(place, {"refs/main": "0123"})
    for module in ("constants", "file_download"):
        monkeypatch.setattr(f"huggingface_hub.{module}.HF_HUB_CACHE", str(tmp_path), raising=False)
    monkeypatch.setenv("ASKDEX_CACHE", str(kept[1]))
    assert load_encoder("some/model", Device.CPU).runtime.name.startswith("OpenVINO")
    assert hub_requests == []


# Devices


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.torch_encoder.available_gpu", lambda: None)
    with pytest.raises(ModelError, match="--device cpu"):
        load_encoder(DEFAULT_MODEL, Device.GPU)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What torch loads models to, on a machine that seems to have a GPU; it is the CPU that stands for it."""
    devices: list[str] = []

    def load(name: str, device: str, **_: bool) -> SentenceTransformer:
        devices.append(device)
        return SentenceTransformer(name, device="cpu")

    monkeypatch.setattr(loading, "may_have_gpu", lambda: True)
    monkeypatch.setattr("askdex.indexer.models.torch_encoder.available_gpu", lambda: "cuda")
    monkeypatch.setattr("askdex.indexer.models.torch_encoder.load_sentence_transformer", load)
    return devices


def texts_of_number(number: int) -> list[str]:
    return [f"The office opens at {n} in the morning." for n in range(number)]


def test_a_gpu_that_is_asked_for_is_used_for_all(model: Path, loaded: list[str]) -> None:
    assert load_encoder(str(model), Device.GPU).runtime == Runtime("torch float32 on cuda", "asked for")
    assert loaded == ["cuda"]
    assert load_encoder(str(model), Device.CPU).runtime.name.startswith("OpenVINO")


def eager_encoder(model: Path, tell: Callable[[str], None] = loading.ignore) -> Encoder:
    """A converted model that hands many documents to the GPU at once."""
    on_cpu = load_encoder(str(model), Device.CPU)
    return OffloadingEncoder(on_cpu, partial(loading.load_on_gpu, str(model)), tell, loading_s=0.0)


def test_a_gpu_embeds_only_what_takes_the_cpu_long(model: Path, loaded: list[str]) -> None:
    encoder = load_encoder(str(model))
    assert encoder.runtime.name.startswith("OpenVINO")
    assert encoder.runtime.reason.endswith("a GPU, if torch finds one, embeds what takes long")
    assert loading.runtime(str(model)) == encoder.runtime
    many = texts_of_number(64)
    on_cpu = encoder.encode_documents(many)
    encoder.encode_documents(many)
    assert loaded == []
    eager = eager_encoder(model)
    assert eager.runtime == encoder.runtime
    eager.encode_questions(many)
    eager.encode_documents(many[:63])
    assert loaded == []
    for _ in range(2):
        assert (eager.encode_documents(many) * on_cpu).sum(axis=1).min() > 0.999
    assert loaded == ["cuda"]


def no_memory(*_: object, **__: object) -> None:
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.\nSee the documentation")


def test_a_gpu_that_fails_leaves_the_rest_to_the_cpu(model: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # On this clock each call takes the CPU ten seconds.
    monkeypatch.setattr("askdex.indexer.models.gpu.time", SimpleNamespace(monotonic=count(0, 10).__next__))
    messages: list[str] = []
    encoder, many = load_encoder(str(model), tell=messages.append), texts_of_number(64)
    encoder.encode_documents(many)
    assert loaded == []
    encoder.encode_documents(many)
    assert loaded == ["cuda"]
    monkeypatch.setattr(SentenceTransformer, "encode_document", no_memory)
    for _ in range(2):
        assert np.isfinite(encoder.encode_documents(many)).all()
    assert messages == [
        f"The CPU embeds the rest, as the GPU does not: The model {model} fails on cuda (CUDA out of memory. Tried to allocate "
        "20.00 MiB.): give --device cpu, or name another, or the folder of one, with --model."
    ]
    assert loaded == ["cuda"]


@pytest.mark.parametrize(("device", "reasons"), [("cuda", ["cannot be loaded (CUDA out of memory."]), (None, [])])
def test_a_gpu_that_cannot_be_had_is_tried_once(
    model: Path, monkeypatch: pytest.MonkeyPatch, device: str | None, reasons: list[str]
) -> None:
    tried: list[str | None] = []

    def available_gpu() -> str | None:
        tried.append(device)
        return device

    monkeypatch.setattr(loading, "may_have_gpu", lambda: True)
    monkeypatch.setattr("askdex.indexer.models.torch_encoder.available_gpu", available_gpu)
    monkeypatch.setattr(SentenceTransformer, "__init__", no_memory)
    messages: list[str] = []
    encoder, many = eager_encoder(model, messages.append), texts_of_number(64)
    for _ in range(2):
        assert np.isfinite(encoder.encode_documents(many)).all()
    assert set(tried) == {device}
    assert len(tried) <= 2  # by who offloads, then by who loads
    assert all(reason in message for reason, message in zip(reasons, messages, strict=True))


def test_a_model_that_is_not_converted_runs_on_a_gpu_that_is_there(model: Path, loaded: list[str]) -> None:
    entry = cache.find(cache.entry_folder(model))
    assert entry is not None
    cache.write_manifest(entry.folder, replace(entry.manifest, checksums={}))
    assert load_encoder(str(model)).runtime.name == "torch float32 on cuda"
    assert loaded == ["cuda"]


def test_a_name_that_nothing_has_is_nowhere() -> None:
    assert folder_of("no/such-model") is None
    assert folder_of("not a name/at all/of a model") is None
