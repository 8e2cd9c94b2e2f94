"""Changes to files: bytes that are others, parts that are gone, doubled, swapped or put in; in packages within a part too."""

import copy
import json
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from random import Random
from xml.etree import ElementTree

from olefile import OleFileIO

from tests.corpus.readers.containers import ole
from tests.fuzz.samples import MAIN_PARTS, SAMPLES, TOKENS

_MOST_CHANGES = 12
_LONGEST_PART = 200
"""Bytes of a part that is changed."""
_MOST_REPEATED = 300
_MOST_ELEMENTS, _FEW = 2_000, 5
"""Elements of XML that is changed further, and elements within one that is repeated many times."""
_SOUND = 0.8
"""The share of the inputs that stay a package, or JSON."""
_TREE = 0.7
"""The share of the changed parts of a package that stay XML."""
_VALUES: tuple[object, ...] = (
    None,
    True,
    "",
    "\ud800\x00",
    "<p>Why?</p>",
    -1,
    1e308,
    10**400,
    [],
    {},
    [[]],
    {"question": "Why?"},
    "a" * 9_999,
)
"""What takes the place of a value in JSON."""
_LARGEST = 100_000
"""Bytes of an input; most are as small as the samples."""

Change = Callable[[Random, bytes, Sequence[bytes]], bytes]


def mutated(name: str, seed: int, number: int) -> bytes:
    """An input of the format of this name; it depends on the seed and on its number alone."""
    random = Random(f"{seed} {number} {name}")  # it has to be the same each time
    data = random.choice(SAMPLES[name])
    if random.random() < _SOUND:
        if name in MAIN_PARTS:
            return _within_package(random, data, MAIN_PARTS[name], TOKENS[name])
        if name == "xml" and random.random() < _TREE:
            return _within_xml(random, data)
        if name in ("doc", "xls", "ppt", "outlook"):
            return _within_container(random, data, TOKENS[name])
        if name in ("json", "jsonl", "notebook"):
            return _within_json(random, data, TOKENS[name])
    return _changed(random, data, TOKENS[name])


def package_parts(data: bytes) -> dict[str, bytes]:
    """The parts of a package, by their names."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def container_streams(data: bytes) -> dict[str, bytes]:
    """The streams of an OLE container, by their paths."""
    with OleFileIO(BytesIO(data)) as container:
        return {"/".join(path): container.openstream(path).read() for path in container.listdir()}


def _changed(random: Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    for _ in range(random.randint(1, _MOST_CHANGES)):
        data = random.choice(_CHANGES)(random, data, tokens)[:_LARGEST]
    return data


def _within_package(random: Random, data: bytes, main_part: str, tokens: Sequence[bytes]) -> bytes:
    """The package with a part that is changed, or is gone, or has the content of another; its checksums are right."""
    parts = package_parts(data)
    name = random.choice([main_part, *parts])
    what = random.random()
    if what < 0.1:
        del parts[name]
    elif what < 0.2:
        parts[name] = random.choice(list(parts.values()))
    elif what < 0.2 + _TREE and name.endswith((".xml", ".rels")):
        parts[name] = _within_xml(random, parts[name])
    else:
        parts[name] = _changed(random, parts[name], tokens)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as package:
        for part, content in parts.items():
            package.writestr(part, content)
    return buffer.getvalue()


def _within_container(random: Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    """The OLE container with a stream that is changed, or is gone, or has the content of another; its folders are right."""
    streams = container_streams(data)
    name = random.choice(list(streams))
    what = random.random()
    if what < 0.1:
        del streams[name]
    elif what < 0.2:
        streams[name] = random.choice(list(streams.values()))
    else:
        streams[name] = _changed(random, streams[name], tokens)
    return ole(streams)


def _within_xml(random: Random, data: bytes) -> bytes:
    """The XML with elements that are gone, doubled, within others, or have other attributes."""
    root = ElementTree.fromstring(data)  # a sample
    for _ in range(random.randint(1, _MOST_CHANGES)):
        elements = list(root.iter())
        if len(elements) > _MOST_ELEMENTS:
            break
        parent, other = random.choices(elements, k=2)
        what = random.randrange(5)
        if what == 0 and len(parent):
            parent.remove(random.choice(parent))
        elif what == 1:
            other = copy.deepcopy(other)
            for _ in range(random.choice([1, 1, 1, 99]) if len(other) < _FEW else 1):
                parent.insert(random.randint(0, len(parent)), other)
        elif what == 2:  # one of five
            parent.tag = other.tag
        elif what == 3 and parent.attrib:
            values = ("", "-1", "x", "99999999999", *other.attrib.values())
            parent.set(random.choice(list(parent.attrib)), random.choice(values))
        else:
            parent.attrib, parent.text = dict(other.attrib), other.text
    return ElementTree.tostring(root)[:_LARGEST]


def _within_json(random: Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    """The JSON, or the lines of it, with other values, some of which are changed as bytes are."""
    try:
        return json.dumps(_other(random, json.loads(data))).encode()
    except ValueError:
        lines = [json.dumps(_other(random, json.loads(line))).encode() for line in data.decode("utf-8-sig").splitlines()]
        return b"\n".join([*lines, _changed(random, random.choice(lines), tokens)])


def _other(random: Random, value: object) -> object:
    """A value with some values in it that are others."""
    if random.random() < 0.1:
        return random.choice(_VALUES)
    if isinstance(value, dict):
        keys = [*value, "question", "answer", "title", "text", "sections", "messages"]
        swapped = {random.choice(keys) if random.random() < 0.2 else key: _other(random, one) for key, one in value.items()}
        return {"x": swapped} if random.random() < 0.1 else swapped
    if isinstance(value, list):
        items = [_other(random, one) for one in value]
        return items * 3 if random.random() < 0.1 else items
    return value


def _part(random: Random, data: bytes) -> tuple[int, int]:
    """Where a part begins and ends."""
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(1, _LONGEST_PART))


def _flip(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def _cut(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _part(random, data)
    return data[:start] + data[end:]


def _cut_off(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))] if random.random() < 0.2 else data  # rarely


def _double(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _part(random, data)
    times = random.randint(2, _MOST_REPEATED) if random.random() < 0.1 else 2
    return data[:start] + data[start:end] * times + data[end:]


def _swap(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    (start, end), (other, other_end) = sorted([_part(random, data), _part(random, data)])
    end = min(end, other)
    return data[:start] + data[other:other_end] + data[end:other] + data[start:end] + data[other_end:]


def _copy(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _part(random, data)
    place = random.randint(0, len(data))
    return data[:place] + data[start:end] + data[place:]


def _put_in(random: Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    place = random.randint(0, len(data))
    times = random.randint(2, _MOST_REPEATED) if random.random() < 0.1 else 1
    return data[:place] + random.choice(tokens) * times + data[place:]


_CHANGES: tuple[Change, ...] = (_flip, _cut, _cut_off, _double, _swap, _copy, _put_in, _put_in)
