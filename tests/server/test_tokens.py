"""Signed tokens: whose are believed, and what they let read."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask.testing import FlaskClient

from askdex.indexer.errors import MissingExtraError
from askdex.indexer.search.searcher import Searcher
from askdex.server.access import guard_of
from askdex.server.app import create_app
from askdex.server.keys import Scope, add_key, keys_file
from askdex.server.rates import Rate, rate_limit
from askdex.server.rules import Rules
from askdex.server.tokens import SignedTokens, TokenError, TokenRules

SECRET = "a secret of more than thirty-two bytes"
HOUR_S = 3_600
VARIABLE = "OFFICE_SECRET"
HS256 = {"algorithm": "HS256", "key-variable": VARIABLE}
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)


@pytest.fixture(scope="module")
def private_keys() -> dict[str, PrivateKey]:
    return {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1())}


def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**more: object) -> dict[str, Any]:
    return {"sub": "anna", "exp": int(time.time()) + HOUR_S, "groups": ["staff"], **more}


def signed(said: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(said, key, algorithm)


def tokens(**rules: object) -> SignedTokens:
    return SignedTokens(TokenRules.model_validate({**HS256, **rules}))


def test_a_token_says_who_asks_and_their_groups() -> None:
    assert tokens().reader(signed(claims())) == ("anna", ("staff",))
    assert tokens().reader(signed(claims(groups="board"))) == ("anna", ("board",))
    assert tokens(groups="roles").reader(signed(claims(roles=["a", 1, "b"]))) == ("anna", ("a", "b"))
    assert tokens(groups="roles").reader(signed(claims())) == ("anna", ())


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in claims().items() if key != name}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é" * 100,
        "." * 10_000,
        signed(claims(groups=["x" * 20_000])),
        signed(claims(), "another secret of thirty-two bytes or more"),
        signed(claims(), SECRET * 2, "HS512"),
        jwt.encode(claims(), "", "none"),
        signed(claims(exp=int(time.time()) - HOUR_S)),
        signed(without("exp")),
        signed(without("sub")),
        signed(claims(nbf=int(time.time()) + HOUR_S)),
        signed(claims(aud="another service")),
        f"{signed(claims())[:-2]}xx",
    ],
)
def test_no_other_token_is_believed(token: str) -> None:
    assert tokens().reader(token) is None


def test_issuer_and_audience_are_those_that_are_named() -> None:
    checked = tokens(issuer="https://login.example", audience="askdex")
    right = claims(iss="https://login.example", aud=["askdex", "mail"])
    assert checked.reader(signed(right)) is not None
    for wrong in ({"iss": "https://evil.example"}, {"aud": "mail"}, {"iss": None}, {"aud": None}):
        assert checked.reader(signed({key: value for key, value in {**right, **wrong}.items() if value is not None})) is None


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_public_key_tells_who_signed(tmp_path: Path, private_keys: dict[str, PrivateKey], algorithm: str) -> None:
    key, other = private_keys[algorithm], private_keys["ES256" if algorithm == "RS256" else "RS256"]
    file = tmp_path / "key.pem"
    file.write_text(public_pem(key), encoding="utf-8")
    rules = {"algorithm": algorithm, "key-file": str(file)}
    checked = SignedTokens(TokenRules.model_validate(rules))
    assert checked.reader(jwt.encode(claims(), key, algorithm)) == ("anna", ("staff",))
    assert checked.reader(jwt.encode(claims(), other, "ES256" if algorithm == "RS256" else "RS256")) is None
    # Who knows the public key must not be able to sign with it, as if it were a secret.
    forged = jwt.api_jws.PyJWS().encode(b"{}", "x" * 32, "HS256")
    assert checked.reader(forged) is None
    file.write_text(public_pem(other), encoding="utf-8")
    with pytest.raises(TokenError, match=f"holds no public key in PEM for {algorithm}"):
        SignedTokens(TokenRules.model_validate(rules))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private)
    with pytest.raises(TokenError, match="holds a private key"):
        SignedTokens(TokenRules.model_validate(rules))


def test_a_secret_that_is_short_or_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(TokenError, match=f"The secret in {VARIABLE} is too short"):
        tokens()
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(TokenError, match=f"The variable {VARIABLE} is not set"):
        tokens()
    with pytest.raises(FileNotFoundError):
        SignedTokens(TokenRules.model_validate({"algorithm": "HS256", "key-file": str(tmp_path / "none")}))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)
    with pytest.raises(MissingExtraError, match="install the extra tokens"):
        tokens()


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"algorithm": "none", "key-variable": "X"}, "HS256"),
        ({"algorithm": "HS256"}, "either key-file or key-variable"),
        ({**HS256, "key-file": "key"}, "either key-file or key-variable"),
        ({**HS256, "secret": SECRET}, "Extra inputs"),
    ],
)
def test_rules_that_do_not_say_one_key_are_refused(section: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        TokenRules.model_validate(section)


RULES = Rules.model_validate({"tokens": HS256, "groups": {"staff": {"folders": ["*"]}}})


@pytest.fixture
def client(searcher: Searcher, tmp_path: Path) -> FlaskClient:
    guard = guard_of(tmp_path / "index", is_public=False, is_local=False, rules=RULES, rate=Rate(rate_limit("20/hour")))
    return create_app(searcher, guard=guard).test_client()


def status(client: FlaskClient, token: str, path: str = "/api/v1/documents", method: str = "GET") -> int:
    return client.open(path, method=method, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_opens_what_its_groups_may_read_and_changes_nothing(client: FlaskClient, tmp_path: Path) -> None:
    def total(**more: object) -> int:
        headers = {"Authorization": f"Bearer {signed(claims(**more))}"}
        number: int = client.get("/api/v1/documents", headers=headers).get_json()["total"]
        return number

    assert total() > 0
    assert total(groups=[]) == total(groups=["nobody"]) == 0
    assert client.get("/api/v1/documents").status_code == 401
    assert status(client, "x") == 401
    assert status(client, signed(claims()), method="DELETE") == 401
    # Keys go on beside it.
    assert status(client, add_key(keys_file(tmp_path / "index"), "bert", [Scope.READ])) == 200


def test_what_a_token_asks_is_counted_by_its_name(client: FlaskClient) -> None:
    def asked(name: str, address: int) -> int:
        headers = {"Authorization": f"Bearer {signed(claims(sub=name))}"}
        return client.get("/api/v1/documents", headers=headers, environ_base={"REMOTE_ADDR": f"192.0.2.{address}"}).status_code

    assert [asked("anna", number) for number in range(21)] == [200] * 20 + [429]
    assert asked("bert", 99) == 200


def test_a_browser_keeps_a_token_until_it_ends_or_the_reader_signs_out(client: FlaskClient) -> None:
    page = {"Accept": "text/html"}
    assert client.post("/key", data={"key": signed(claims(exp=1)), "to": "/"}, headers=page).status_code == 401
    assert client.post("/key", data={"key": signed(claims()), "to": "/"}, headers=page).status_code == 303
    start = client.get("/", headers=page)
    assert start.status_code == 200
    assert "Sign out" in start.text
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    left = client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert (left.status_code, left.location) == (303, "http://localhost/")
    start = client.get("/", headers=page)
    assert start.status_code == 401
    assert "Sign out" not in start.text
