"""The service of the Flask app that handles the present request."""

from flask import Flask, current_app

from askdex.server.service import Service

_EXTENSION = "askdex"


def bind(app: Flask, service: Service) -> None:
    """Let the pages and endpoints of an app answer with this service."""
    app.extensions[_EXTENSION] = service


def service() -> Service:
    """The service that was bound to the app."""
    bound: Service = current_app.extensions[_EXTENSION]
    return bound
