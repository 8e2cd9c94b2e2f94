"""Signed tokens (JSON Web Tokens, RFC 7519): the sign-in of another system says who asks, and which groups they are in."""

import os
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import MissingExtraError

_SHORTEST_SECRET = 32
"""Bytes of the secret of HS256, as many as its digest has (RFC 7518, section 3.2)."""

_LEEWAY_S = 30
"""Seconds by which the clocks of two computers may differ."""

_LONGEST = 8_192
"""Characters of a token; a longer one is not looked at."""


class TokenError(AskdexError):
    """Signed tokens cannot be checked: the key is not there, or is none for the algorithm."""


class TokenReader(NamedTuple):
    """Somebody of whom a token says the name and the groups."""

    name: str
    groups: tuple[str, ...]


class TokenRules(BaseModel):
    """The section `access.tokens` of a settings file: which tokens are believed, and the claim that has the groups.

    The key is the text of a file or of a variable of the environment: the secret of HS256, else a public key in PEM.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    algorithm: Literal["HS256", "RS256", "ES256"]
    key_file: Annotated[Path | None, Field(alias="key-file")] = None
    key_variable: Annotated[str | None, Field(alias="key-variable", min_length=1)] = None
    issuer: str | None = None
    audience: str | None = None
    groups: str = "groups"

    @model_validator(mode="after")
    def _have_one_key(self) -> Self:
        if (self.key_file is None) == (self.key_variable is None):
            raise ValueError("either key-file or key-variable says where the key is")
        return self

    def key(self) -> str:
        """The text of the key. Raises TokenError, OSError."""
        if self.key_file is not None:
            return self.key_file.read_text(encoding="utf-8", errors="replace").strip()
        text = os.environ.get(self.key_variable or "", "").strip()
        if not text:
            raise TokenError(f"The variable {self.key_variable} is not set: access.tokens takes the key from it.")
        return text


class SignedTokens:
    """Checks signed tokens; many threads may ask."""

    def __init__(self, rules: TokenRules) -> None:
        """Raises MissingExtraError, TokenError, OSError."""
        try:
            import cryptography  # noqa: F401  # without it the library knows HS256 alone
            import jwt
        except ImportError as error:
            raise MissingExtraError(
                "Signed tokens need the package PyJWT, which is not installed: install the extra tokens of Askdex."
            ) from error
        self._library = jwt
        self._rules = rules
        self._key = rules.key()
        place = rules.key_file or rules.key_variable
        if rules.algorithm == "HS256":
            if len(self._key.encode()) < _SHORTEST_SECRET:
                raise TokenError(
                    f"The secret in {place} is too short for access.tokens: take {_SHORTEST_SECRET} bytes or more."
                )
            return
        try:
            key = jwt.get_algorithm_by_name(rules.algorithm).prepare_key(self._key)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise TokenError(f"{place} holds no public key in PEM for {rules.algorithm} of access.tokens.") from error
        if hasattr(key, "private_bytes"):
            raise TokenError(f"{place} holds a private key: access.tokens takes the public one.")

    def reader(self, token: str) -> TokenReader | None:
        """Who shows a token; None where it is none, is not signed by whom the rules name, or its time is over."""
        if len(token) > _LONGEST:
            return None
        rules = self._rules
        try:
            claims = self._library.decode(
                token,
                self._key,
                algorithms=[rules.algorithm],
                audience=rules.audience,
                issuer=rules.issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "sub"]},
            )
        except (self._library.PyJWTError, ValueError):
            return None
        return TokenReader(str(claims["sub"]), _names(claims.get(rules.groups)))


def _names(claim: object) -> tuple[str, ...]:
    """The groups of a claim: a list of them, or a single one."""
    names = claim if isinstance(claim, list) else [claim]
    return tuple(name for name in names if isinstance(name, str))
