"""The rules of access: which groups a reader is in, and what each group may read."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from askdex.corpus.types import Scalar
from askdex.indexer.types import Access, filter_text
from askdex.server.tokens import TokenRules

EVERYONE = "everyone"
"""The group that every reader is in."""

_Names = tuple[str, ...]


class Group(BaseModel):
    """What a group may read: the documents below folders, as patterns of their uris, and those with a value of metadata."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folders: _Names = ()
    metadata: dict[str, tuple[Scalar, ...]] = {}


class Rules(BaseModel):
    """The section `access` of a settings file.

    `header` is one in which proxies say the groups of a reader; `tokens` are those that say it themselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    tokens: TokenRules | None = None
    keys: dict[str, _Names] = {}
    groups: dict[str, Group] = {}

    @model_validator(mode="after")
    def _know_all_groups(self) -> Self:
        for key, groups in self.keys.items():
            for group in groups:
                if group not in self.groups:
                    raise ValueError(f"the key {key} is in the group {group!r}, which there is not")
        return self

    @property
    def know_readers(self) -> bool:
        """Whether somebody may be known who has no key."""
        return self.header is not None or self.tokens is not None

    def access(self, key: str | None, groups: Iterable[str] = ()) -> Access:
        """What somebody may read who has this key, and is in these groups by the word of a proxy or a token.

        Groups that there are not let nobody read.
        """
        names = {EVERYONE, *groups, *(self.keys.get(key, ()) if key else ())}
        of_reader = [group for name, group in sorted(self.groups.items()) if name in names]
        uris = {pattern for group in of_reader for pattern in group.folders}
        pairs = {(key, filter_text(value)) for group in of_reader for key, values in group.metadata.items() for value in values}
        return Access(tuple(sorted(uris)), tuple(sorted(pairs)))
