"""What Prometheus is told: requests, questions, and what the index holds."""

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

from askdex.indexer.types import Query, Timings
from askdex.indexer.types import Response as Found
from askdex.server.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Bounds of the histogram: a question takes milliseconds in the mode fast, and may take seconds in the mode precise."""

_OUTCOMES = {True: "answered", False: "not answered", None: "not judged"}
_NO_ROUTE = "none"


class Metrics:
    """Counts what an app and its service do, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("askdex_requests", "Requests.", ("route", "status"), registry=self.registry)
        self._questions = Counter("askdex_questions", "Questions.", ("mode", "outcome"), registry=self.registry)
        self._refused = Counter(
            "askdex_refused", "Requests that are refused before they are read.", ("status",), registry=self.registry
        )
        self._closed = Counter(
            "askdex_closed_connections", "Connections that are closed while they wait.", ("why",), registry=self.registry
        )
        self._stages = Histogram(
            "askdex_stage_seconds", "Time of a question by stage.", ("stage",), buckets=_SECONDS, registry=self.registry
        )

    @property
    def app(self) -> "WSGIApplication":
        """The app that tells Prometheus, for an address of its own."""
        return make_wsgi_app(self.registry)

    def watch(self, app: Flask, service: Service) -> None:
        """Count the requests and questions of an app from now on, and tell of its index."""
        app.after_request(self._count_request)
        service.hearers.append(self._count_question)
        waiting = self._gauge("waiting_questions", "Questions that wait or are being answered.", ("lane",))
        for lane in service.waiting:
            waiting.labels(lane).set_function(partial(_waiting, service, lane))
        self._gauge("generation", "Number of the generation that is served.").set_function(lambda: service.state().generation)
        self._gauge("documents", "Documents of the index.").set_function(service.document_count)
        self._gauge("left_out", "Files and parts of files that could not be read.").set_function(
            lambda: service.overview(0).left_out
        )

    def count_refused(self, status: int) -> None:
        """Count a request that never reaches the app, because it is none or too large."""
        self._refused.labels(int(status)).inc()

    def count_closed(self, why: str) -> None:
        """Count a connection that is closed while it waits."""
        self._closed.labels(why).inc()

    def _gauge(self, name: str, meaning: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"askdex_{name}", meaning, labels, registry=self.registry)

    def _count_request(self, response: Response) -> Response:
        self._requests.labels(request.url_rule.rule if request.url_rule else _NO_ROUTE, response.status_code).inc()
        return response

    def _count_question(self, query: Query, found: Found | None) -> None:
        """Count a question; without anything found it was turned away."""
        self._questions.labels(query.mode.value, _OUTCOMES[found.answered] if found else "turned away").inc()
        if found:
            for stage in fields(Timings):
                self._stages.labels(stage.name).observe(getattr(found.timings, stage.name) / 1e3)


def _waiting(service: Service, lane: str) -> int:
    return service.waiting[lane]
