"""Converted models in the user's cache: each in a folder of its own, checked before it is trusted, made anew where it fails.

The name of a folder is a digest of all that decides what is in it: the model's files, the libraries that convert it, the
processor, and the recipe.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER

MANIFEST = "manifest.json"
_RECIPE = 4
"""Of the conversion and the manifest; another number makes all models anew."""

_LIBRARIES = ("nncf", "openvino", "sentence-transformers", "tokenizers", "torch", "transformers")
_KINDS = frozenset({".json", ".txt", ".model", ".safetensors", ".bin"})
_FOREIGN = frozenset({"onnx", "openvino"})
_INSTRUCTIONS = frozenset(
    {"avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm"}
)
_OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """What a start without torch has to know of a model.

    `padding` is the id of the token that fills up a batch. `reason` says why the model runs on `runtime`. Where that is
    not the converted model there are no `checksums`. `cosine` is the least between its vectors and those of torch.
    """

    fingerprint: str
    dimension: int
    limit: int
    prompts: Mapping[str, str]
    padding: int
    runtime: str
    reason: str
    cosine: float | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """Whether there is a converted model."""
        return bool(self.checksums)


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A folder of the cache and its manifest."""

    folder: Path
    manifest: ModelManifest


def place_of(model: Path) -> Path:
    """The folder for the conversion of a model that lies in a folder. Raises OSError where its files cannot be read."""
    return _root() / _key(model)


def find(place: Path) -> CachedModel | None:
    """What is in a folder of the cache; None where nothing is, or not what was written there by this user."""
    try:
        status = place.stat()
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
            return None
        manifest = ModelManifest(**json.loads((place / MANIFEST).read_bytes()))
        is_whole = all(_digest(place / name) == digest for name, digest in manifest.checksums.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return CachedModel(place, manifest) if is_whole else None


def make(place: Path, fill: Callable[[Path], None]) -> CachedModel | None:
    """Fill a folder of the cache, unless another process has just done so; `fill` writes into the folder that it is given.

    Raises OSError where the cache cannot be written.
    """
    place.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    with FileLock(place.with_suffix(".lock"), mode=OWNER_ONLY_FILE):
        found = find(place)
        if found is None:
            with _exchanged(place) as made:
                fill(made)
            found = find(place)
    return found


def write(folder: Path, manifest: ModelManifest) -> None:
    """Write the manifest of a conversion that is done, or the verdict that there is none."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def checksums(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {path.relative_to(folder).as_posix(): _digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def _exchanged(place: Path) -> Iterator[Path]:
    """A new folder that takes its place when it is whole."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-", ignore_cleanup_errors=True) as passing:
        made = Path(passing) / place.name
        made.mkdir(mode=OWNER_ONLY_FOLDER)
        yield made
        if place.exists():
            shutil.move(place, Path(passing) / "before")
        made.rename(place)


def _root() -> Path:
    own = os.environ.get("ASKDEX_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "askdex"


def _key(model: Path) -> str:
    digest = hashlib.sha256(json.dumps([_RECIPE, [version(name) for name in _LIBRARIES], _processor()]).encode())
    for path in sorted(path for path in model.rglob("*") if path.suffix in _KINDS and path.is_file()):
        within = path.relative_to(model)
        if not _FOREIGN & set(within.parts):
            digest.update(f"\n{within.as_posix()} {_digest(path)}".encode())
    return digest.hexdigest()[:32]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _processor() -> list[str]:
    """The kind of processor, and those of its instructions that decide how matrices are multiplied, and so the vectors."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        words = set()
    return [platform.machine(), *sorted(_INSTRUCTIONS & words)]
