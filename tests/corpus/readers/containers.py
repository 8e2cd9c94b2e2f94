"""OLE containers, such as the mails of Outlook (MS-CFB, MS-OXMSG)."""

import struct
from collections.abc import Mapping, Sequence

_SECTOR, _MINI_SECTOR, _CUTOFF = 512, 64, 4_096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NAMES = {"subject": 0x0037, "body": 0x1000, "sender": 0x0C1A, "address": 0x5D01, "to": 0x0E04, "html": 0x1013, "rtf": 0x1009}


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A container of streams; their paths say in which folders they are."""
    paths = sorted({"/".join(path.split("/")[:n]) for path in streams for n in range(1, path.count("/") + 2)})
    numbers = {path: number for number, path in enumerate(paths, 1)}
    mini, mini_fat, sectors, fat = bytearray(), list[int](), bytearray(), list[int]()
    places: dict[str, int] = {}
    for path in paths:
        data = streams.get(path)
        if data is None or not data:
            places[path] = _END if data is not None else 0
        elif len(data) < _CUTOFF:
            places[path] = _add(mini, mini_fat, data, _MINI_SECTOR)
        else:
            places[path] = _add(sectors, fat, data, _SECTOR)
    mini_start = _add(sectors, fat, bytes(mini), _SECTOR) if mini else _END
    mini_fat_start = _add(sectors, fat, _packed(mini_fat), _SECTOR) if mini_fat else _END
    entries = [_entry("Root Entry", 5, _first_in("", paths, numbers), _FREE, mini_start, len(mini))]
    for path in paths:
        kind = 2 if path in streams else 1
        sibling = _next_in(path, paths, numbers)
        entries.append(
            _entry(
                path.split("/")[-1], kind, _first_in(path, paths, numbers), sibling, places[path], len(streams.get(path, b""))
            )
        )
    directory_start = _add(sectors, fat, b"".join(entries), _SECTOR)
    fat_sectors = 1
    while fat_sectors * _SECTOR // 4 < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_start = len(fat)
    fat += [_FAT] * fat_sectors
    fat += [_FREE] * (fat_sectors * _SECTOR // 4 - len(fat))
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, fat_sectors, directory_start, 0, _CUTOFF,
        mini_fat_start, -(-len(mini_fat) * 4 // _SECTOR), _END, 0, fat_start,
    )  # fmt: skip
    head += struct.pack("<108I", *range(fat_start + 1, fat_start + fat_sectors), *[_FREE] * (109 - fat_sectors))
    return head + bytes(sectors) + _packed(fat)


def msg(
    fields: Mapping[str, str | bytes],
    *,
    files: Mapping[str, bytes] | None = None,
    mails: Sequence[Mapping[str, bytes]] = (),
    recipients: Sequence[tuple[str, str]] = (),
    sent: int = 133_537_716_000_000_000,
) -> dict[str, bytes]:
    """The streams of a mail. `sent` is in tenths of microseconds since 1601; `mails` are the streams of attached ones."""
    streams = {"__properties_version1.0": bytes(32) + struct.pack("<HHIq", 0x0040, 0x0039, 6, sent)}
    streams |= {_substream("", _NAMES[name], value): _value(value) for name, value in fields.items()}
    for number, (name, address) in enumerate(recipients):
        folder = f"__recip_version1.0_#{number:08X}/"
        streams[f"{folder}__properties_version1.0"] = bytes(8) + struct.pack("<HHIq", 0x0003, 0x0C15, 6, 1)
        streams[f"{folder}__substg1.0_3001001F"] = name.encode("utf-16-le")
        streams[f"{folder}__substg1.0_39FE001F"] = address.encode("utf-16-le")
    for number, (name, data) in enumerate((files or {}).items()):
        folder = f"__attach_version1.0_#{number:08X}/"
        streams[f"{folder}__properties_version1.0"] = bytes(8)
        streams[f"{folder}__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{folder}__substg1.0_37010102"] = data
    for number, inner in enumerate(mails, len(files or {})):
        folder = f"__attach_version1.0_#{number:08X}/"
        streams[f"{folder}__properties_version1.0"] = bytes(8)
        for path, data in inner.items():
            own = data[:24] + data[32:] if path == "__properties_version1.0" else data
            streams[f"{folder}__substg1.0_3701000D/{path}"] = own
    return streams


def _substream(folder: str, identifier: int, value: str | bytes) -> str:
    return f"{folder}__substg1.0_{identifier:04X}{'0102' if isinstance(value, bytes) else '001F'}"


def _value(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-16-le")


def _add(sectors: bytearray, fat: list[int], data: bytes, size: int) -> int:
    """Add sectors with data, each of which leads to the next one; returns the number of the first."""
    start = len(fat)
    count = max(1, -(-len(data) // size))
    fat += [*range(start + 1, start + count), _END]
    sectors += data.ljust(count * size, b"\0")
    return start


def _packed(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers).ljust(-(-len(numbers) * 4 // _SECTOR) * _SECTOR, b"\xff")


def _children(folder: str, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if path.rpartition("/")[0] == folder]


def _first_in(folder: str, paths: Sequence[str], numbers: Mapping[str, int]) -> int:
    inner = _children(folder, paths)
    return numbers[inner[0]] if inner else _FREE


def _next_in(path: str, paths: Sequence[str], numbers: Mapping[str, int]) -> int:
    """The next one in the same folder: the tree of its names has one branch."""
    siblings = _children(path.rpartition("/")[0], paths)
    after = siblings[siblings.index(path) + 1 :]
    return numbers[after[0]] if after else _FREE


def _entry(name: str, kind: int, child: int, sibling: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", encoded, len(encoded) + 2, kind, 1, _FREE, sibling, child, b"", 0, 0, 0, start, size
    )
