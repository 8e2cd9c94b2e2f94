"""Changing documents: the part of the JSON endpoint that is there with `askdex serve --writable` alone."""

import json
from functools import partial
from http import HTTPStatus
from typing import BinaryIO

from flask import request
from werkzeug.exceptions import Forbidden

from askdex.server.api.endpoints import Endpoints
from askdex.server.api.models.changes import AcceptedJob, FileUpload, Job, TextUpload, UploadArguments
from askdex.server.current import jobs

changes = Endpoints("changes", __name__)


@changes.before_request
def refuse_other_sites() -> None:
    """Refuse what a browser sends for a page of another site, whatever that site may read."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        raise Forbidden("A page of another site may not change documents: do it from a program, or from a page of this server.")


@changes.answers("PUT", "/api/v1/documents", HTTPStatus.SERVICE_UNAVAILABLE)
def put_document(body: TextUpload | FileUpload) -> AcceptedJob:
    """Add a document, or replace the one that was put with this uri.

    The answer names the job that does it. If the same content is there already, there is nothing to do.
    """
    return AcceptedJob.of(jobs().put(body.uri, partial(_write, body)))


@changes.answers("DELETE", "/api/v1/documents", HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
def remove_document(query: UploadArguments) -> AcceptedJob:
    """Take out a document that was put.

    The answer names the job that does it.
    """
    return AcceptedJob.of(jobs().remove(query.uri))


@changes.answers("GET", "/api/v1/jobs/<job_id>", HTTPStatus.NOT_FOUND)
def get_job(job_id: str) -> Job:
    """What has become of a change; the last thousand are remembered until the server is stopped."""
    return Job.of(jobs().job(job_id))


def _write(body: TextUpload | FileUpload, file: BinaryIO) -> None:
    """Write the file that is to be kept."""
    if isinstance(body, FileUpload):
        body.file.save(file)
        return
    title = json.dumps(body.title, ensure_ascii=False)
    file.write(f"---\ntitle: {title}\n---\n\n{body.text}\n".encode())
