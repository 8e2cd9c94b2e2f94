"""The machine and the versions that figures were measured with."""

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
    """Lines that name processor, cores, memory, system and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield f"{_processor()}, {cores()} cores, {memory / 2**30:.0f} GiB, {platform.system()} {platform.release()}"
    yield ", ".join([f"Python {platform.python_version()}", *_versions()])


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def memory() -> dict[str, int]:
    """Bytes of this process: VmHWM at its peak, VmRSS now, of them RssAnon its own and RssFile mapped from files."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {
        name: int(size) * 1024 for name, size in re.findall(r"^(VmHWM|VmRSS|RssAnon|RssFile):\s+(\d+) kB", status, re.MULTILINE)
    }


def forget_peak() -> None:
    """Let VmHWM begin anew from what is held now, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def _processor() -> str:
    """The name of the processor, and what it has for products of small integers."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in reversed(lines))
    found = {name.strip(): value.strip() for name, _, value in pairs}
    wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flag in found.get("flags", "").split()]
    return f"{found.get('model name', platform.machine())} ({' '.join(wide)})"


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
