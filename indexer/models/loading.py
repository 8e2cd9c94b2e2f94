"""Loading an encoder: converted for this processor, with a GPU for long work; on torch where it cannot be converted.

torch is imported only by what these functions call, and only where it is needed.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache, confirmed, torch_encoder
from askdex.indexer.models.cache import CachedModel
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, Runtime, canonical_name, folder_of
from askdex.indexer.models.gpu import OffloadingEncoder
from askdex.indexer.models.openvino import OpenVinoEncoder
from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder

_GPU_FILES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Device files of NVIDIA, of AMD, and of either under Windows."""

# Without -P, a file in the user's current folder could be imported in place of a module of the same name.
CONVERTER = ("-P", "-m", "askdex.indexer.models.conversion")
_PACKAGES = Path(__file__).parents[3]
"""The folder that `askdex` is imported from."""

_NO_MODULES = "it has no modules.json that would say how to convert it"
_NOT_CONVERTED = "not converted yet; the next askdex index with something to embed does it"


class Device(StrEnum):
    """What a model is to run on. AUTO is the CPU for questions, and a GPU, if there is one, for long work."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class ConverterError(Exception):
    """The converter ended without a result; the message is the last line that it printed."""


def ignore(_: str) -> None:
    """Does nothing with a message."""


def load_encoder(
    name: str,
    device: Device = Device.AUTO,
    *,
    named: str | None = None,
    converts: bool = True,
    tell: Callable[[str], None] = ignore,
) -> Encoder:
    """Load a model by its name or folder. Raises ModelError where it cannot be loaded, or the device is not there.

    A model that is not on this machine is fetched only if it is the one that the user `named`: any other name comes from an
    index, and an index may come from anywhere. A folder is loaded only if the user named it, now or before. On a CPU the model
    is converted the first time, which takes half a minute and is told; not with `converts` false, which is for a single
    question.
    """
    fetches = named is not None and canonical_name(named) == name
    if name not in (DEFAULT_MODEL, MULTILINGUAL_MODEL) and Path(name).is_dir():
        confirmed.confirm(name) if fetches else confirmed.require_confirmed(name)
    if device is Device.GPU:
        return _on_torch(name, device, "asked for", fetches=fetches)
    folder = _convertible(name, fetches=fetches)
    if folder is None:
        return _on_torch(name, device, _NO_MODULES)
    try:
        target = cache.entry_folder(folder)
        entry = cache.find(target)
        if entry is None and converts:
            tell(f"Making the model {name} ready for this processor; this is done once, and takes about half a minute.")
            entry = cache.find_or_make(target, lambda new: run_converter(name, new))
    except OSError as error:
        return _on_torch(name, device, f"the converted model cannot be kept in the cache ({error})")
    except ConverterError as error:
        return _on_torch(name, device, f"the converter failed ({error})")
    return _from_cache(entry, name, device, tell)


def runtime(name: str, device: Device = Device.AUTO) -> Runtime:
    """What `load_encoder` would run a model on, without loading it."""
    if device is Device.GPU:
        return Runtime("torch float32", "a GPU is asked for")
    try:
        folder = folder_of(name)
        entry = cache.find(cache.entry_folder(folder)) if folder is not None else None
    except (ModelError, OSError) as error:
        return Runtime("torch float32", f"the model's files cannot be read ({error})")
    if entry is None:
        return Runtime("torch float32", _NOT_CONVERTED)
    expected = Runtime(entry.manifest.runtime, entry.manifest.reason)
    return expected.beside_gpu() if entry.manifest.is_usable and _may_offload(device) else expected


def run_converter(name: str, folder: Path) -> None:
    """Convert a model into a folder, in a process of its own. Raises ConverterError."""
    paths = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
    process = subprocess.run(  # noqa: S603  # the program is this one
        [sys.executable, *CONVERTER, name, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if process.returncode:
        raise ConverterError((process.stderr.strip().splitlines() or [f"exit code {process.returncode}"])[-1])


def gpu_for(device: Device) -> str | None:
    """The GPU to use, as torch names it; None for the CPU.

    torch is imported only where there may be a GPU. Raises ModelError where a GPU is asked for and there is none.
    """
    if device is Device.CPU or (device is Device.AUTO and not may_have_gpu()):
        return None
    gpu = torch_encoder.available_gpu()
    if gpu is None and device is Device.GPU:
        raise ModelError("No GPU that torch can use is there: leave out --device, or give --device cpu.")
    return gpu


def load_on_gpu(name: str) -> Encoder | None:
    """Load a model to a GPU; None where torch finds none. Raises ModelError."""
    return None if gpu_for(Device.AUTO) is None else _on_torch(name, Device.GPU, "there is much to embed")


def may_have_gpu() -> bool:
    """Whether this machine may have a GPU, told from its device files; torch, which knows, takes seconds to import."""
    is_apple_silicon = sys.platform == "darwin" and platform.machine() == "arm64"
    return is_apple_silicon or any(Path(file).exists() for file in _GPU_FILES)


def _from_cache(entry: CachedModel | None, name: str, device: Device, tell: Callable[[str], None]) -> Encoder:
    if entry is None:
        # A single question is answered before a GPU has started.
        return _on_torch(name, Device.CPU, _NOT_CONVERTED)
    if not entry.manifest.is_usable:
        return _on_torch(name, device, entry.manifest.reason)
    encoder = OpenVinoEncoder(name, entry)
    return OffloadingEncoder(encoder, partial(load_on_gpu, name), tell) if _may_offload(device) else encoder


def _may_offload(device: Device) -> bool:
    return device is Device.AUTO and may_have_gpu()


def _on_torch(name: str, device: Device, reason: str, *, fetches: bool = False) -> Encoder:
    return SentenceTransformerEncoder(name, gpu_for(device) or "cpu", reason, fetches=fetches)


def _convertible(name: str, *, fetches: bool) -> Path | None:
    """The folder of a model that can be converted, fetched first where it is not on this machine; None for any other."""
    if not Path(name).is_dir() and folder_of(name) is None:
        # Loading it on torch downloads it, or raises the error that tells why not.
        _on_torch(name, Device.CPU, "", fetches=fetches)
    folder = folder_of(name)
    return folder if folder is not None and (folder / "modules.json").is_file() else None
