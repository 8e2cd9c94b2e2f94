"""The machine and the versions that figures are measured with."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("askdex", "torch", "sentence-transformers", "openvino", "faiss-cpu", "numpy", "flask", "waitress")


def described() -> Iterator[str]:
    """Two lines: processor, cores, memory and system; the versions of packages."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield f"{_processor()}, {cores()} cores, {memory / 2**30:.0f} GiB, {platform.system()} {platform.release()}"
    yield ", ".join([f"Python {platform.python_version()}", *_versions()])


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def memory() -> dict[str, int]:
    """The memory of this process in bytes: VmHWM at its peak, VmRSS now, of which RssAnon its own and RssFile mapped files.

    It is empty where the system does not say.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {
        name: int(size) * 1024 for name, size in re.findall(r"^(VmHWM|VmRSS|RssAnon|RssFile):\s+(\d+) kB", status, re.MULTILINE)
    }


def forget_peak() -> None:
    """Set VmHWM back to the memory of now, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def _processor() -> str:
    """The name of the processor, and which of the instruction sets for vectors and 8-bit products it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    # The file has a paragraph for each core; reversed, the first core's values overwrite the others.
    pairs = (line.partition(":") for line in reversed(lines))
    values = {name.strip(): value.strip() for name, _, value in pairs}
    flags = values.get("flags", "").split()
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flag in flags]
    return f"{values.get('model name', platform.machine())} ({' '.join(known)})"


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
