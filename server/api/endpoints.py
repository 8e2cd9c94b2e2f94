"""Endpoints: functions that take and give models, which validate what is sent and describe it in OpenAPI."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from inspect import get_annotations
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from askdex.server.api.models.base import REVALIDATED, Answer, Arguments, Body
from askdex.server.current import service

_TAG_LENGTH = 32
_UNCHANGED = {"Cache-Control": REVALIDATED}

_Function = TypeVar("_Function", bound=Callable[..., Answer])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A function behind a method and an address.

    `query` and `body` are the models of what it takes, None for nothing; `answer` is that of what it gives. `errors` are the
    statuses that it answers with where all is well with the server and with the form of the request.
    """

    method: str
    path: str
    function: Callable[..., Answer]
    query: type[Arguments] | None
    body: type[Body] | None
    answer: type[Answer]
    errors: Sequence[HTTPStatus]

    def respond(self, **path: str) -> Response:
        """Answer the present request; `path` are the variable parts of its address.

        What is of a generation is not made again for who has it.
        """
        tag = _tag() if self.answer.is_of_generation and self.method == "GET" else None
        if tag is not None and request.if_none_match.contains_weak(tag):
            return _tagged(Response(status=HTTPStatus.NOT_MODIFIED, headers=_UNCHANGED), tag)
        taken: dict[str, Any] = {**path}
        if self.query is not None:
            taken["query"] = self.query.model_validate(request.args.to_dict())
        if self.body is not None:
            taken["body"] = self.body.model_validate_json(_json(self.body.largest))
        try:
            answer = self.function(**taken)
        except ValidationError as error:
            raise TypeError(f"What {self.method} {self.path} found does not fit its model.") from error
        response = Response(answer.model_dump_json(), mimetype="application/json", headers=dict(answer.headers()))
        # In the meantime the index may have come to another state.
        return _tagged(response, tag) if tag is not None and tag == _tag() else response


class Endpoints(Blueprint):
    """A blueprint that knows the models of its functions from their annotations.

    The parameters `query` and `body` are models; all others are parts of the address. The first line of the docstring is the
    summary in OpenAPI.
    """

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name)
        self.endpoints: list[Endpoint] = []

    def answers(self, method: str, path: str, *errors: HTTPStatus) -> Callable[[_Function], _Function]:
        """Let a function answer at an address; for `errors` see Endpoint."""

        def add(function: _Function) -> _Function:
            types = get_annotations(function, eval_str=True)
            endpoint = Endpoint(method, path, function, types.get("query"), types.get("body"), types["return"], errors)
            self.endpoints.append(endpoint)
            self.add_url_rule(path, function.__name__, endpoint.respond, methods=[method])
            return function

        return add


def _tag() -> str:
    """What stands for the request, the state of the index, and the day, as some documents are in force until a day."""
    state = service().state()
    told = (request.url, str(state.generation), state.token, date.today().isoformat())
    return hashlib.sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()[:_TAG_LENGTH]


def _tagged(response: Response, tag: str) -> Response:
    """A response with a weak tag, as its timings differ from one time to the next."""
    response.set_etag(tag, weak=True)
    return response


def _json(largest: int) -> bytes:
    """The body of the request, of at most so many bytes."""
    request.max_content_length = largest
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON: send it with the header Content-Type: application/json.")
    return request.get_data()
