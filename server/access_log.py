"""The access log: a line for each request, without the words of questions, which stand in the query string or the body."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import WatchedFileHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic_core import to_json

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STANDARD_OUTPUT = "-"

_REQUEST_ID = re.compile(r"[\w.:=+/-]{1,128}", re.ASCII)

Write = Callable[[str], None]
"""Writes a line."""


class LogFormat(StrEnum):
    """How a request is written down: fields with blanks between them, or a JSON object."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def opened_log(file: str | None) -> Iterator[Write | None]:
    """A function that appends lines to a file, or to the standard output for "-"; None without a file.

    If the file is moved away, as logrotate does, the next line begins a new one. Raises OSError.
    """
    if file is None:
        yield None
        return
    handler = logging.StreamHandler(sys.stdout) if file == STANDARD_OUTPUT else WatchedFileHandler(file, encoding="utf-8")

    def write(line: str) -> None:
        handler.handle(logging.makeLogRecord({"msg": line}))

    with closing(handler):
        yield write


class _JsonFormatter(logging.Formatter):
    """A message of the server as a JSON object, in one line."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "exception": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps(fields)


@contextmanager
def messages_written(log_format: LogFormat) -> Iterator[None]:
    """Let warnings and errors go to the standard error in a format; in text as they are."""
    if log_format is LogFormat.TEXT:
        yield
        return
    root, handler = logging.getLogger(), logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.removeHandler(handler)


def logged(app: "WSGIApplication", write: Write, log_format: LogFormat) -> "WSGIApplication":
    """An app that writes down each request when its answer is ready."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:  # noqa: ANN401
            fields = _fields(environ, status, {name.lower(): value for name, value in headers}, time.perf_counter() - began)
            write(to_json(fields).decode() if log_format is LogFormat.JSON else " ".join(map(_text, fields.values())))
            return start_response(status, headers, *error)

        return app(environ, start)

    return application


def _fields(environ: "WSGIEnvironment", status: str, headers: dict[str, str], seconds: float) -> dict[str, str | float | None]:
    """What is written down of a request; its path is escaped, as it may hold line ends."""
    request_id: str = headers.get("x-request-id") or environ.get("HTTP_X_REQUEST_ID", "")
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "address": environ["REMOTE_ADDR"],
        "method": environ["REQUEST_METHOD"],
        "path": quote((environ["SCRIPT_NAME"] + environ["PATH_INFO"]).encode("latin-1")),
        "status": int(status[:3]),
        "bytes": int(headers.get("content-length", 0)),
        "milliseconds": round(seconds * 1e3, 1),
        "request_id": request_id if _REQUEST_ID.fullmatch(request_id) else None,
    }


def _text(value: str | float | None) -> str:
    return "-" if value is None else str(value)
