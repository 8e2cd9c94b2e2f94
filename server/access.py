"""Who may ask: a server with keys asks for one on every address, but for those that tell nothing."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NoReturn

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request

from askdex.corpus.errors import AskdexError
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.server.api.problems import problem_of
from askdex.server.current import restrict
from askdex.server.keys import Key, Keys, Scope, keys_file
from askdex.server.rates import Rate, network_of
from askdex.server.rules import Rules
from askdex.server.settings import DEFAULT_INDEX
from askdex.server.tokens import SignedTokens, TokenReader

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OPEN = ("static", "look.logo", "look.colour", "api.livez", "take_key", "forget_key")
"""Endpoints that ask for no key: what the page is made of that asks for one, and what tells that the server is there."""

_FOR_EDITORS = ("asked",)
"""Blueprints that tell what people ask."""

_COOKIE = "askdex_key"
_KEPT_S = 90 * 24 * 60 * 60
"""Seconds for which a browser keeps a key."""

_CHANGING = ("PUT", "PATCH", "DELETE")
_FROM_HERE = ("same-origin", "none")
"""Values of Sec-Fetch-Site of a form that a page of this server sends."""


class KeysNeededError(AskdexError):
    """A server that others reach is to be started without keys."""


class Guard:
    """Lets those ask who have a key; everybody where it is public, or where no keys are kept and none are needed.

    What is for editors alone needs a key with the scope admin; without keys it is told to this computer, where `is_alone` says
    that no other reaches the server, not by a proxy either.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        is_public: bool,
        needs_keys: bool,
        rules: Rules | None = None,
        rate: Rate | None = None,
        is_alone: bool = False,
    ) -> None:
        """Raises what Tokens raises, where the rules name some."""
        self._is_alone = is_alone
        self.is_public = is_public
        self._rules = rules
        self._tokens = SignedTokens(rules.tokens) if rules and rules.tokens else None
        self._rate = rate
        self._keys = keys
        self._needs_keys = needs_keys
        self._tells_apart = rules is not None

    @property
    def readers(self) -> str:
        """Who may read what, in a sentence."""
        what = "what the section access lets them" if self._rules else "all that is indexed"
        if not self.asks:
            return f"Whoever reaches it may read {what}."
        number = len(self._keys.held())
        return f"Who has a key may read {what}; there {'is one' if number == 1 else f'are {number}'}: askdex key list"

    @property
    def asks(self) -> bool:
        """Whether it asks for a key. Once it does it goes on, so that a file that is lost opens nothing."""
        self._needs_keys |= self._holds_back
        return self._needs_keys and not self.is_public

    @property
    def _holds_back(self) -> bool:
        """Whether there are keys or rules, so that some may know what others may not; once there are, this stays."""
        self._tells_apart |= self._keys.are_kept
        return self._tells_apart

    def watch(self, app: Flask) -> None:
        """Let the app answer those alone who may ask, and let a browser keep a key."""
        app.before_request(self._let_in)
        app.add_url_rule("/key", "take_key", self._take_key, methods=["POST"])
        app.add_url_rule("/sign-out", "forget_key", _forget_key, methods=["POST"])
        app.add_template_global(lambda: _COOKIE in request.cookies, "keeps_key")

    def told(self, app: "WSGIApplication") -> "WSGIApplication":
        """An app without pages, for editors alone wherever there are keys or rules: it tells of hidden documents, too."""

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            try:
                if self.asks or self._holds_back:
                    self._check_editor(Request(environ))
            except (Unauthorized, Forbidden) as error:
                return problem_of(error)(environ, start_response)
            return app(environ, start_response)

        return application

    def _let_in(self) -> None:
        # Browsers ask with OPTIONS, and without a key, whether they may ask at all.
        if request.endpoint not in _OPEN and request.method != "OPTIONS":
            if self._rate is not None and request.remote_addr:
                self._rate.count("address", network_of(request.remote_addr))
            reader = self._reader_of(request)
            groups = [*self._groups_of(request), *(reader.groups if reader else ())]
            scope = Scope.WRITE if request.method in _CHANGING else Scope.READ
            if request.blueprint in _FOR_EDITORS:
                key = self._check_editor(request)
            else:
                key = self._check(request, scope, is_known=bool(groups or reader) and scope is Scope.READ)
            if self._rate is not None and (key or reader):
                self._rate.count("key", key.name if key else f"token {reader and reader.name}")
            if self._rules is not None:
                restrict(self._rules.access(key.name if key else None, groups))

    def _check(self, asked: Request, scope: Scope, *, is_known: bool = False) -> Key | None:
        """The key of a request; None where it needs none, as one of a reader whom a proxy or a token names.

        Raises Unauthorized for a request without a key, Forbidden where its key has not this scope.
        """
        key = self._key_of(asked)
        if key is None and (is_known or not self.asks):
            return None
        if key is None:
            _refuse("A key is needed here: send it with the header Authorization: Bearer KEY.")
        if scope not in key.scopes and self.asks:
            raise Forbidden(f"The key {key.name} is not for this: it needs the scope {scope}.")
        return key

    def _check_editor(self, asked: Request) -> Key | None:
        """The key of an editor; None where nobody else is there. Raises what `_check` raises."""
        key = self._key_of(asked)
        if key is None:
            if self._is_alone and not self.asks and not self.is_public:
                return None
            _refuse("A key with the scope admin is needed here: send it with the header Authorization: Bearer KEY.")
        if Scope.ADMIN not in key.scopes:
            raise Forbidden(f"The key {key.name} is not for this: it needs the scope {Scope.ADMIN}.")
        return key

    def _groups_of(self, asked: Request) -> list[str]:
        """The groups that a proxy says a reader is in; nobody else may send that header."""
        header = self._rules.header if self._rules else None
        return [name.strip() for name in asked.headers.get(header, "").split(",") if name.strip()] if header else []

    def _key_of(self, asked: Request) -> Key | None:
        token = _shown(asked)
        return self._keys.found(token) if token else None

    def _reader_of(self, asked: Request) -> TokenReader | None:
        token = _shown(asked)
        return self._tokens.reader(token) if token and self._tokens else None

    def _take_key(self) -> ResponseReturnValue:
        """Let a browser keep the key that was put into the form, and lead back to the page that asked for it."""
        token = request.form.get("key", "").strip()
        _require_own_page()
        if self._keys.found(token) is None and not (self._tokens and self._tokens.reader(token)):
            _refuse("This key is not known here, or was revoked: look whether all of it is there.")
        response = redirect(_own_address(request.form.get("to", "")), HTTPStatus.SEE_OTHER)
        response.set_cookie(
            _COOKIE,
            token,
            max_age=_KEPT_S,
            path=request.script_root or "/",
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )
        return response


def _forget_key() -> ResponseReturnValue:
    """Let a browser forget the key that it keeps."""
    _require_own_page()
    response = redirect(_own_address(""), HTTPStatus.SEE_OTHER)
    response.delete_cookie(_COOKIE, path=request.script_root or "/", httponly=True, secure=request.is_secure, samesite="Strict")
    return response


def guard_of(
    index: Path | DatabaseAddress,
    *,
    is_public: bool,
    is_local: bool,
    rules: Rules | None = None,
    rate: Rate | None = None,
    public_by: str = "--public",
    is_behind_proxy: bool = False,
) -> Guard:
    """The guard of a server of an index; `is_local` is whether only this computer reaches it, others by a proxy at most.

    `public_by` is what makes it public. The keys of a server of a published index lie where a folder is looked for by default.

    Raises KeysNeededError where others reach it, nobody has a key, and it is not to be public.
    """
    if isinstance(index, DatabaseAddress):
        index = DEFAULT_INDEX
    keys = Keys(keys_file(index))
    if not (is_local or is_public or keys.held() or (rules and rules.know_readers)):
        raise KeysNeededError(
            "Others reach this address, and nobody has a key: make one with: "
            f"askdex key add NAME --index {quote(str(index))}, or let everybody read with {public_by}."
        )
    return Guard(
        keys,
        is_public=is_public,
        needs_keys=not is_local or bool(rules),
        rules=rules,
        rate=rate,
        is_alone=is_local and not is_behind_proxy,
    )


def _require_own_page() -> None:
    if request.headers.get("Sec-Fetch-Site", "none") not in _FROM_HERE:
        raise Forbidden("A key is taken and forgotten by a page of this server alone.")


def _shown(asked: Request) -> str | None:
    """The key or the token that comes with a request: that of its header, else the one that the browser keeps."""
    sent = asked.authorization
    return asked.cookies.get(_COOKIE) if sent is None or sent.type != "bearer" else sent.token


def _refuse(why: str) -> NoReturn:
    raise Unauthorized(why, www_authenticate=WWWAuthenticate("bearer"))


def _own_address(path: str) -> str:
    """The address of a path of this server; of its search page where it is none."""
    host = request.host_url.rstrip("/")
    return f"{host}{path}" if path.startswith("/") else f"{host}{request.script_root}/"
