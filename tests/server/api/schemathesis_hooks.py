"""What schemathesis cannot know from a description: which keys the documents have that a filter may name."""

import json
from typing import Any

import schemathesis

KNOWN = ("document", "language", "format", "topic", "updated", "updated_from")


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Let filters name keys that there are, as one that no document has is refused."""
    searches = case.body.get("searches") if isinstance(case.body, dict) else None
    for search in (*(searches if isinstance(searches, list) else ()), case.body, case.query):
        if isinstance(search, dict) and "filter" in search:
            search["filter"] = _with_known_keys(search["filter"])


def _with_known_keys(wanted: Any) -> Any:  # noqa: ANN401  # schemathesis sends whatever it likes
    """A filter with other keys, also as JSON; what is none, or has more keys than there are, stays as it is."""
    if isinstance(wanted, str):
        try:
            return json.dumps(_with_known_keys(json.loads(wanted)))
        except ValueError:
            return wanted
    is_filter = isinstance(wanted, dict) and len(wanted) <= len(KNOWN)
    return dict(zip(KNOWN, wanted.values(), strict=False)) if is_filter else wanted
