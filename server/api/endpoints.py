"""Endpoints: functions that take and give models, which validate what is sent and describe it in OpenAPI."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from inspect import get_annotations
from typing import Any, TypeVar, get_args

from flask import Blueprint, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from askdex.server.api.models.base import REVALIDATED, Answer, Arguments, Body
from askdex.server.current import service

_TAG_LENGTH = 32
_UNCHANGED = {"Cache-Control": REVALIDATED}

_MEDIA_NAMES = {"application/json": "JSON", "multipart/form-data": "a form with a file"}
"""The media types of bodies, in words."""

_Function = TypeVar("_Function", bound=Callable[..., Answer])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A function behind a method and an address.

    `query` is the model of the query string that it takes, None for none; `bodies` are those of its body, each with a media
    type of its own; `answer` is that of what it gives. `errors` are the statuses that it answers with where all is well with
    the server and with the form of the request.
    """

    method: str
    path: str
    function: Callable[..., Answer]
    query: type[Arguments] | None
    bodies: Sequence[type[Body]]
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
        if self.bodies:
            taken["body"] = _received(self.bodies)
        try:
            answer = self.function(**taken)
        except ValidationError as error:
            raise TypeError(f"What {self.method} {self.path} found does not fit its model.") from error
        headers = dict(answer.headers())
        response = Response(answer.model_dump_json(), answer.http_status, headers, mimetype="application/json")
        # In the meantime the index may have come to another state.
        return _tagged(response, tag) if tag is not None and tag == _tag() else response


class Endpoints(Blueprint):
    """A blueprint that knows the models of its functions from their annotations.

    The parameters `query` and `body` are models, `body` perhaps one of several; all others are parts of the address. The first
    line of the docstring is the summary in OpenAPI.
    """

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name)
        self.endpoints: list[Endpoint] = []

    def answers(self, method: str, path: str, *errors: HTTPStatus) -> Callable[[_Function], _Function]:
        """Let a function answer at an address; for `errors` see Endpoint."""

        def add(function: _Function) -> _Function:
            types = get_annotations(function, eval_str=True)
            bodies = get_args(types["body"]) or (types["body"],) if "body" in types else ()
            endpoint = Endpoint(method, path, function, types.get("query"), bodies, types["return"], errors)
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


def _received(models: Sequence[type[Body]]) -> Body:
    """The body of the request, as that of these models which has its media type."""
    media_type = "application/json" if request.is_json else request.mimetype
    for model in models:
        if model.media_type == media_type:
            request.max_content_length = model.largest
            if request.is_json:
                return model.model_validate_json(request.get_data())
            return model.model_validate({**request.form, **request.files})
    taken = " or ".join(_MEDIA_NAMES[model.media_type] for model in models)
    header = " or ".join(model.media_type for model in models)
    raise UnsupportedMediaType(f"The body must be {taken}: send it with the header Content-Type: {header}.")
