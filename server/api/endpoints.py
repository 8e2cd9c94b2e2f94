"""Endpoints: functions that take and give models, which validate what is sent and describe it in OpenAPI."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from inspect import get_annotations
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from askdex.server.api.models.base import Answer, Arguments, Body

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
        """Answer the present request; `path` are the variable parts of its address."""
        taken: dict[str, Any] = {**path}
        if self.query is not None:
            taken["query"] = self.query.model_validate(request.args.to_dict())
        if self.body is not None:
            taken["body"] = self.body.model_validate_json(_json())
        try:
            answer = self.function(**taken)
        except ValidationError as error:
            raise TypeError(f"What {self.method} {self.path} found does not fit its model.") from error
        return Response(answer.model_dump_json(), mimetype="application/json", headers=dict(answer.headers()))


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


def _json() -> bytes:
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON: send it with the header Content-Type: application/json.")
    return request.get_data()
