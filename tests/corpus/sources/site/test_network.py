"""Fetching one address: from whom, how much, and for how long."""

import gzip
import shutil
import socket
import ssl
import subprocess
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from askdex.corpus.sources.site import network
from askdex.corpus.sources.site.network import Fetcher, FetchError, PrivateAddressError, ServerAnswer, is_public
from tests.site_server import Page, html, serving
from tests.stubs import PATIENCE_S

MB = 2**20


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with closing(Fetcher(allows_private=True, silence_s=PATIENCE_S, longest_s=PATIENCE_S)) as fetcher:
        yield fetcher


def fetched(fetcher: Fetcher, address: str, most: int = MB, *, is_wanted: bool = True) -> ServerAnswer:
    return fetcher.fetch(address, {}, lambda *_: is_wanted, most)


OWN = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 0.0.0.0 255.255.255.255 224.0.0.1
192.0.0.192 168.63.129.16 198.18.0.1 240.0.0.1 ::1 :: fe80::1 fe80::1%eth0 fd00:ec2::254 fc00::1 fec0::1 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 none
"""


def test_no_proxy_is_used_and_a_reason_says_so(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:  # nobody listens there
        bound.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(FetchError, match=r"^[^()]+$"):
            fetched(fetcher, nobody)
        monkeypatch.setenv("http_proxy", nobody)
        with serving({"/": html("Fees")}) as site:
            assert fetched(fetcher, f"{site.address}/").status == 200
        with pytest.raises(FetchError, match=r"\(Askdex uses no proxy, although one is set\)"):
            fetched(fetcher, nobody)
        with pytest.raises(PrivateAddressError, match=r"--allow-private allows$"):
            fetched(Fetcher(allows_private=False, silence_s=1, longest_s=2), nobody)


@pytest.mark.parametrize("address", OWN.split())
def test_addresses_of_the_own_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]"])
def test_this_computer_is_not_asked_unless_it_is_allowed(host: str) -> None:
    fetcher = Fetcher(allows_private=False, silence_s=PATIENCE_S, longest_s=PATIENCE_S)
    with serving({"/": html("secret")}) as site:
        with pytest.raises((PrivateAddressError, FetchError)) as raised:
            fetched(fetcher, f"http://{host}:{site.port}/")
        assert site.asked == []
    assert isinstance(raised.value, PrivateAddressError) or "not known" in str(raised.value)


def _resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Has names looked up give these addresses, one answer after the other, and notes what is connected to."""
    pending, connected = list(answers), list[str]()

    def getaddrinfo(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:  # noqa: ANN401
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in pending.pop(0)]

    def create_connection(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:  # noqa: ANN401
        connected.append(address[0])
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return connected


def test_a_name_that_leads_into_the_own_network_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = _resolves_to(monkeypatch, ["10.0.0.1"], ["8.8.8.8", "10.0.0.1"])
    fetcher = Fetcher(allows_private=False, silence_s=PATIENCE_S, longest_s=PATIENCE_S)
    for _ in range(2):
        with pytest.raises(PrivateAddressError, match="--allow-private"):
            fetched(fetcher, "http://rebound.example/")
    assert connected == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    # A second look-up, as a connection by name would do, would lead to this computer.
    connected = _resolves_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    fetcher = Fetcher(allows_private=False, silence_s=PATIENCE_S, longest_s=PATIENCE_S)
    with pytest.raises(FetchError, match="refused"):
        fetched(fetcher, "http://rebound.example/")
    assert connected == ["8.8.8.8"]


def test_a_host_without_an_address_is_said(fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match=r"its host nowhere\.invalid is not known"):
        fetched(fetcher, "http://nowhere.invalid/")


def test_a_page_comes_with_its_headers(fetcher: Fetcher) -> None:
    with serving({"/": html("a", X_Robots_Tag="noindex")}) as site:
        answer = fetched(fetcher, f"{site.address}/")
    assert (answer.status, answer.headers["x-robots-tag"]) == (200, "noindex")
    assert b"<h1>a</h1>" in answer.body
    (agent,) = site.agents
    assert agent.startswith("Askdex/")


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_packed_pages_are_unpacked(fetcher: Fetcher, name: str) -> None:
    packed = gzip.compress(b"text" * 1_000) if name == "gzip" else zlib.compress(b"text" * 1_000)
    with serving({"/": Page(packed, headers={"Content-Encoding": name})}) as site:
        assert fetched(fetcher, f"{site.address}/").body == b"text" * 1_000


def test_a_bomb_is_unpacked_no_further_than_may_be_taken(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[int] = []
    unpack = network._unpacked

    def noting(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
        for piece in unpack(parts, encoding):
            unpacked.append(len(piece))
            yield piece

    monkeypatch.setattr(network, "_unpacked", noting)
    bomb = gzip.compress(bytes(200 * MB), 1)
    with serving({"/": Page(bomb, headers={"Content-Encoding": "gzip"})}) as site:
        answer = fetched(fetcher, f"{site.address}/")
    assert (answer.is_too_large, answer.body) == (True, b"")
    assert MB < sum(unpacked) <= MB + network._CHUNK


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_what_is_packed_otherwise_is_not_taken(fetcher: Fetcher, encoding: str) -> None:
    with (
        serving({"/": Page(b"text", headers={"Content-Encoding": encoding})}) as site,
        pytest.raises(FetchError, match="packed"),
    ):
        fetched(fetcher, f"{site.address}/")


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"text" * 1_000)[:-20]], ids=["none", "cut off"])
def test_damaged_packing_is_a_failure(fetcher: Fetcher, body: bytes) -> None:
    with serving({"/": Page(body, headers={"Content-Encoding": "gzip"})}) as site, pytest.raises(FetchError):
        fetched(fetcher, f"{site.address}/")


def test_a_large_page_is_not_taken_whether_it_says_its_length_or_not(fetcher: Fetcher) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (MB, bytes(MB)))

    with serving({"/said": Page(bytes(50 * MB)), "/unsaid": Page(act=endless)}) as site:
        assert fetched(fetcher, f"{site.address}/said").is_too_large
        assert fetched(fetcher, f"{site.address}/unsaid").is_too_large


def _answers(*lines: bytes, pause: float = 0.0, times: int = 1) -> Page:
    """A page that is written line by line, as it stands."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        for line in lines * times:
            handler.wfile.write(line)
            handler.wfile.flush()
            time.sleep(pause)
        handler.close_connection = True

    return Page(act=act)


def test_a_page_that_is_shorter_than_it_says_is_a_failure(fetcher: Fetcher) -> None:
    page = _answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"<p>short")
    with serving({"/": page}) as site, pytest.raises(FetchError):
        fetched(fetcher, f"{site.address}/")


def test_a_page_that_is_longer_than_it_says_does_no_harm_to_the_next(fetcher: Fetcher) -> None:
    page = _answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshortHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake")
    with serving({"/": page, "/next": html("next")}) as site:
        assert fetched(fetcher, f"{site.address}/").body == b"short"
        assert b"next" in fetched(fetcher, f"{site.address}/next").body


@pytest.mark.parametrize("answer", [b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + 200_000 * b"a" + b"\r\n\r\n", b""])
def test_what_is_no_answer_is_a_failure(fetcher: Fetcher, answer: bytes) -> None:
    with serving({"/": _answers(answer)}) as site, pytest.raises(FetchError):
        fetched(fetcher, f"{site.address}/")


def test_a_silent_server_is_waited_for_no_longer_than_said() -> None:
    fetcher = Fetcher(allows_private=True, silence_s=0.5, longest_s=PATIENCE_S)
    silent = _answers(b"HTTP/1.1 200 OK\r\n", pause=PATIENCE_S)
    with serving({"/": silent}) as site, closing(fetcher), pytest.raises(FetchError, match="too long"):
        fetched(fetcher, f"{site.address}/")


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: "])
def test_a_server_that_drips_is_waited_for_no_longer_than_said(start: bytes) -> None:
    fetcher = Fetcher(allows_private=True, silence_s=PATIENCE_S, longest_s=0.5)
    dripping = _answers(start, *[b"a"] * 10_000, pause=0.1)
    with serving({"/": dripping}) as site, closing(fetcher), pytest.raises(FetchError, match="too long"):
        fetched(fetcher, f"{site.address}/")


def test_a_body_that_is_not_wanted_is_not_read(fetcher: Fetcher) -> None:
    with serving({"/": Page(bytes(50 * MB)), "/next": html("next")}) as site:
        large = fetched(fetcher, f"{site.address}/", is_wanted=False)
        assert (large.status, large.body, large.is_too_large) == (200, b"", False)
        assert fetched(fetcher, f"{site.address}/next").status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost with its key, signed by nobody else."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl, which makes a certificate, is not installed")
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(file)]
    made = subprocess.run([program, "req", "-x509", *key, *names], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + made.stdout)
    return file


def test_the_certificate_is_that_of_the_name_though_the_connection_is_to_an_address(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving({"/": html("safe")}, context=context) as site:
        fetcher = Fetcher(allows_private=True, silence_s=PATIENCE_S, longest_s=PATIENCE_S)
        with pytest.raises(FetchError, match="certificate verify failed"):
            fetched(fetcher, f"https://localhost:{site.port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        fetcher = Fetcher(allows_private=True, silence_s=PATIENCE_S, longest_s=PATIENCE_S)
        assert b"safe" in fetched(fetcher, f"https://localhost:{site.port}/").body
        with pytest.raises(FetchError, match="certificate"):
            fetched(fetcher, f"https://127.0.0.1:{site.port}/")
