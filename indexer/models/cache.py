"""Converted models in the user's cache, each in a folder of its own.

A folder is named by a digest of everything that decides its content: the model's files, the libraries that convert it, the
processor, and the recipe. It is checked before it is used, and made anew where the check fails.
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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER

MANIFEST = "manifest.json"
CONVERSION_RECIPE = 5
"""The version of the conversion and of the manifest. Raise it with any change of either: all models are then made anew."""

_LIBRARIES = ("nncf", "openvino", "sentence-transformers", "tokenizers", "torch", "transformers")
"""What decides how a model is converted. Most of them are needed for nothing else, and take more room than all the rest."""

_NOTE = "libraries.json"
"""The file of the cache that notes their versions when a model was last converted; see `_versions`."""

_MODEL_SUFFIXES = frozenset({".json", ".txt", ".model", ".safetensors", ".bin", ".onnx"})
_OTHER_EXPORTS = frozenset({"onnx", "openvino"})
"""Folders in which some models bring conversions of their own, which are not used."""

_INSTRUCTIONS = frozenset(
    {"avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm"}
)
"""Instruction sets that decide which matrix kernels OpenVINO chooses, and so the last digits of the vectors."""

_WRITABLE_BY_OTHERS = 0o022
"""The permission bits of group and others that make a folder untrusted."""

_KEY_DIGITS = 32
"""Hexadecimal digits of a folder's name: 128 bits, so that two models never share one."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """What has to be known of a model to start it without torch.

    `limit` is in tokens. `prompts` has the keys "query" and "document". `padding` is the id of the token that fills up a
    batch. `runtime` is what runs the model and `reason` why. `checksums` are the SHA-256 digests of the converted files by
    name; they are empty where the model cannot be converted.
    """

    fingerprint: str
    dimension: int
    limit: int
    prompts: Mapping[str, str]
    padding: int
    runtime: str
    reason: str
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


def entry_folder(model: Path, recipe: int = CONVERSION_RECIPE, changes: bytes = b"") -> Path:
    """The folder of the cache for the conversion of the model in a folder, with changes that a digest tells.

    Raises OSError where its files cannot be read.
    """
    return _root() / _key(model, recipe, changes)


def find(folder: Path) -> CachedModel | None:
    """What a folder of the cache holds; None where it is missing, damaged, or writable by another user."""
    try:
        if not _is_own(folder):
            return None
        manifest = ModelManifest(**json.loads((folder / MANIFEST).read_bytes()))
        is_intact = all(sha256(folder / name) == digest for name, digest in manifest.checksums.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return CachedModel(folder, manifest) if is_intact else None


def find_or_make(folder: Path, fill: Callable[[Path], None]) -> CachedModel | None:
    """What a folder of the cache holds, after `fill` has written it where it held nothing usable.

    `fill` gets an empty folder, which replaces the old one when it returns. Of several processes one fills, and the others
    wait for it. Raises OSError where the cache cannot be written.
    """
    entry = find(folder)
    if entry is not None:
        return entry
    folder.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock"), mode=OWNER_ONLY_FILE):
        entry = find(folder)
        if entry is None:
            with _replacement(folder) as new:
                fill(new)
            _note_versions(folder.parent)
            entry = find(folder)
    return entry


def kept_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache, after `fill` has written it where it is missing, or writable by another user.

    Of several processes one fills, and the others wait for it. Raises OSError where the cache cannot be written.
    """
    folder = _root() / name
    if not _is_own(folder):
        folder.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), mode=OWNER_ONLY_FILE):
            if not _is_own(folder):
                with _replacement(folder) as new:
                    fill(new)
    return folder


def confirmed_folder() -> Path:
    """Where it is noted which folders of models the user has named; see `askdex.indexer.models.confirmed`."""
    return _root() / "confirmed"


def write_manifest(folder: Path, manifest: ModelManifest) -> None:
    """Write the manifest of a model, whether it was converted or cannot be."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def checksums(folder: Path) -> dict[str, str]:
    """The SHA-256 digest of each file below a folder, by its name relative to the folder."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def _replacement(folder: Path) -> Iterator[Path]:
    """A new folder that replaces the old one when the block ends without an error."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-", ignore_cleanup_errors=True) as temporary:
        new = Path(temporary) / folder.name
        new.mkdir(mode=OWNER_ONLY_FOLDER)
        yield new
        if folder.exists():
            shutil.move(folder, Path(temporary) / "old")
        new.rename(folder)


def _is_own(folder: Path) -> bool:
    """Whether a folder is there, and only this user can write to it."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def _root() -> Path:
    root = os.environ.get("ASKDEX_CACHE")
    return Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "askdex"


def _key(model: Path, recipe: int, changes: bytes) -> str:
    digest = hashlib.sha256(json.dumps([recipe, _versions(), _processor()]).encode() + changes)
    for path in sorted(path for path in model.rglob("*") if path.suffix in _MODEL_SUFFIXES and path.is_file()):
        relative = path.relative_to(model)
        if not _OTHER_EXPORTS & set(relative.parts):
            digest.update(f"\n{relative.as_posix()} {sha256(path)}".encode())
    return digest.hexdigest()[:_KEY_DIGITS]


def _versions() -> list[str | None]:
    """The versions of the libraries; for one that was taken out since a model was converted, the version of then."""
    present = _present_versions()
    noted = _noted_versions(_root()) if None in present.values() else {}
    return [present[name] or noted.get(name) for name in _LIBRARIES]


def _present_versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return versions


def _noted_versions(root: Path) -> dict[str, str]:
    try:
        noted = json.loads((root / _NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in noted.items()} if isinstance(noted, dict) else {}


def _note_versions(root: Path) -> None:
    """Note the versions that a model was converted with, where all are there: only what needs none of them is made without."""
    present = _present_versions()
    if None not in present.values() and present != _noted_versions(root):
        with tempfile.NamedTemporaryFile("w", dir=root, prefix=f".{_NOTE}-", delete=False, encoding="utf-8") as file:
            json.dump(present, file)
        Path(file.name).replace(root / _NOTE)


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _processor() -> list[str]:
    """The kind of processor, and which of the instruction sets that matter it has."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        words = set()
    return [platform.machine(), *sorted(_INSTRUCTIONS & words)]
