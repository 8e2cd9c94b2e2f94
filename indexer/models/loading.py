"""The encoder of a model: converted for this processor, with a GPU for much work; where that fails on torch as it is."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache
from askdex.indexer.models.cache import CachedModel
from askdex.indexer.models.encoder import Encoder, Runtime, canonical_name, folder_of

_GPU_FILES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
# Without -P, what lies in the folder where the user is would be run in place of a module of that name.
_CONVERTER = ("-P", "-m", "askdex.indexer.models.conversion")
_PROJECT = Path(__file__).parents[3]
_UNSUITABLE = "it has no modules.json that would say how to convert it"
_UNCONVERTED = "not converted yet; the next askdex index with something to embed does it"


class Device(StrEnum):
    """What a model is to run on; AUTO is the CPU for questions and a GPU, if there is one, for documents by the thousand."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


def untold(_: str) -> None:
    """Nobody wants to know."""


def load_encoder(
    name: str,
    device: Device = Device.AUTO,
    *,
    named: str | None = None,
    converts: bool = True,
    tell: Callable[[str], None] = untold,
) -> Encoder:
    """Load a model by its name or folder. Raises ModelError where it cannot be loaded, or the device is not there.

    One that is not on this machine is fetched if it is the one that the user `named`: any other is what an index says,
    which may have come from anywhere. On a CPU it is converted the first time, which takes half a minute and is told; unless
    `converts` is false, for whoever asks only one question.
    """
    fetches = named is not None and canonical_name(named) == name
    if device is Device.GPU:
        return _on_torch(name, device, "asked for", fetches=fetches)
    folder = _fetched(name, fetches=fetches)
    if folder is None:
        return _on_torch(name, device, _UNSUITABLE)
    try:
        place = cache.place_of(folder)
        entry = cache.find(place)
        if entry is None and converts:
            tell(f"Making the model {name} ready for this processor; this is done once, and takes about half a minute.")
            entry = cache.make(place, lambda made: convert(name, made))
    except OSError as error:
        return _on_torch(name, device, f"the converted model cannot be kept in the cache ({error})")
    except _FailedError as error:
        return _on_torch(name, device, f"the converter failed ({error})")
    return _of(entry, name, device, tell)


def runtime(name: str, device: Device = Device.AUTO) -> Runtime:
    """What `load_encoder` would run a model on, without loading it."""
    if device is Device.GPU:
        return Runtime("torch float32", "a GPU is asked for")
    folder = folder_of(name)
    try:
        entry = cache.find(cache.place_of(folder)) if folder is not None else None
    except OSError as error:
        return Runtime("torch float32", f"the model's files cannot be read ({error})")
    if entry is None:
        return Runtime("torch float32", _UNCONVERTED)
    found = Runtime(entry.manifest.runtime, entry.manifest.reason)
    return found.beside_gpu() if entry.manifest.is_usable and _may_offload(device) else found


def convert(name: str, folder: Path) -> None:
    """Convert a model into a folder, in a process of its own, and write what came of it there."""
    paths = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(  # noqa: S603  # it is this program itself
        [sys.executable, *_CONVERTER, name, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ended.returncode:
        raise _FailedError((ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1])


class _FailedError(Exception):
    """The converter ended without a result."""


def _of(entry: CachedModel | None, name: str, device: Device, tell: Callable[[str], None]) -> Encoder:
    if entry is None:
        # One question takes less than a GPU takes to start.
        return _on_torch(name, Device.CPU, _UNCONVERTED)
    if not entry.manifest.is_usable:
        return _on_torch(name, device, entry.manifest.reason)
    from askdex.indexer.models.gpu import OffloadingEncoder
    from askdex.indexer.models.openvino import OpenVinoEncoder

    if _may_offload(device):
        return OffloadingEncoder(name, entry, partial(_on_gpu, name), tell)
    return OpenVinoEncoder(name, entry)


def _may_offload(device: Device) -> bool:
    return device is Device.AUTO and _may_have_gpu()


def _on_gpu(name: str) -> Encoder | None:
    return None if gpu(Device.AUTO) is None else _on_torch(name, Device.GPU, "there is much to embed")


def _on_torch(name: str, device: Device, reason: str, *, fetches: bool = False) -> Encoder:
    found = gpu(device)
    from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name, found or "cpu", reason, fetches=fetches)


def _fetched(name: str, *, fetches: bool) -> Path | None:
    """Where the files of a model are that may be converted; those of one that is not on this machine are got first."""
    if not Path(name).is_dir() and folder_of(name) is None:
        # The hub gives it, or has given it, or there is an error to tell.
        _on_torch(name, Device.CPU, "", fetches=fetches)
    folder = folder_of(name)
    return folder if folder is not None and (folder / "modules.json").is_file() else None


def gpu(device: Device) -> str | None:
    """The GPU to use, as torch names it; torch is loaded only where there may be one. Raises ModelError."""
    if device is Device.CPU or (device is Device.AUTO and not _may_have_gpu()):
        return None
    from askdex.indexer.models import torch_encoder

    found = torch_encoder.gpu()
    if found is None and device is Device.GPU:
        raise ModelError("No GPU that torch can use is there: leave out --device, or give --device cpu.")
    return found


def _may_have_gpu() -> bool:
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return is_apple or any(Path(file).exists() for file in _GPU_FILES)
