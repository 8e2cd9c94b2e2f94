"""Changes of documents: what brings one, and what has become of it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, Self

from flask import url_for
from pydantic import ConfigDict, Field, WithJsonSchema
from werkzeug.datastructures import FileStorage

from askdex.server import jobs
from askdex.server.api.models.base import Answer, Arguments, Body
from askdex.server.jobs import Status
from askdex.server.settings import LARGEST_REQUEST, LARGEST_UPLOAD

_LONGEST_URI = 500
_LONGEST_TITLE = 500
_NAME = r"[^./\\#\x00-\x1f\x7f][^/\\#\x00-\x1f\x7f]*"
"""A folder or a file: hidden ones are no documents, and # begins the name of a part of a file."""

Uri = Annotated[str, Field(max_length=_LONGEST_URI, pattern=f"^{_NAME}(/{_NAME})*$")]
_File = Annotated[FileStorage, WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})]


class TextUpload(Body):
    """A document as its text."""

    largest = LARGEST_REQUEST

    uri: Annotated[str, Field(max_length=_LONGEST_URI, pattern=rf"^({_NAME}/)*{_NAME}\.md$")]
    """Its name, with folders before it, such as `handbook/leave.md`; it ends in `.md`."""
    title: Annotated[str, Field(min_length=1, max_length=_LONGEST_TITLE)]
    text: str
    """Its text in Markdown."""


class FileUpload(Body):
    """A document as a file, whose name says its format, in a form."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    largest = LARGEST_UPLOAD
    media_type = "multipart/form-data"

    uri: Uri
    """Its name, with folders before it, such as `handbook/leave.pdf`."""
    file: _File
    """Its bytes, as a browser or `curl -F file=@leave.pdf` sends a file."""


class UploadArguments(Arguments):
    """Which document to take out."""

    uri: Uri
    """The `uri` that it was put with."""


class PartLeftOut(Answer):
    """A part of a file that could not be read."""

    uri: str
    reason: str


class Job(Answer):
    """A change of a document that was asked for, and what has become of it."""

    id: str
    uri: str
    """The document."""
    action: Literal["put", "remove"]
    status: Status
    share: float
    """How much is done while it is `running`, from 0 to 1."""
    generation: int | None
    """The state of the index that shows the change; `null` until it is `done`."""
    changed: bool | None
    """Whether there was anything to do; `null` until it is `done`."""
    left_out: list[PartLeftOut]
    """What of the file could not be read, such as a row."""
    detail: str | None
    """Why it `failed`, in which case all is as it was; else `null`."""

    def headers(self) -> Mapping[str, str]:
        """See Answer."""
        return {"Cache-Control": "no-store"}

    @classmethod
    def of(cls, job: jobs.Job) -> Self:
        """A job as it is now."""
        return cls(
            id=job.change.id,
            uri=job.change.uri,
            action="remove" if job.change.removes else "put",
            status=job.status,
            share=round(job.share, 3),
            generation=job.generation,
            changed=job.is_changed,
            left_out=[PartLeftOut(uri=skipped.uri, reason=skipped.reason) for skipped in job.left_out],
            detail=job.reason,
        )


class AcceptedJob(Job):
    """A change that will be made, also if the server is stopped meanwhile."""

    http_status: ClassVar[HTTPStatus] = HTTPStatus.ACCEPTED

    url: str
    """Where to ask what has become of it, as the header `Location` has it too; an address without a host."""

    def headers(self) -> Mapping[str, str]:
        """See Answer."""
        return {**super().headers(), "Location": self.url}

    @classmethod
    def of(cls, job: jobs.Job) -> Self:
        """A job that has just been asked for."""
        fields: dict[str, Any] = dict(Job.of(job))
        return cls(**fields, url=url_for("changes.get_job", job_id=job.change.id))
