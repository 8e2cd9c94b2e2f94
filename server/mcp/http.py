"""The address at which assistants ask a running server: streamable HTTP without a state, each request a POST of its own."""

import asyncio
from http import HTTPStatus

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException

from askdex.server.current import service
from askdex.server.mcp.extra import require_extra
from askdex.server.service import Service

assistants = Blueprint("assistants", __name__)


@assistants.post("/mcp")
def answer() -> Response:
    """Answer a message of an assistant."""
    require_extra()
    answered = asyncio.run(_answered(service(), request))
    # What is refused before it is read as a message gets bare text, and that has no shape of JSON-RPC.
    if answered.status_code >= HTTPStatus.BAD_REQUEST and not answered.is_json:
        raise _refusal(answered)
    return answered


async def _answered(service: Service, message: Request) -> Response:
    """What the SDK answers; its ASGI application is called in this process, as this one is none."""
    import httpx2
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

    from askdex.server.mcp.server import assistant_server

    # No page of another site may ask, whatever its name resolves to.
    own = TransportSecuritySettings(
        allowed_hosts=[message.host], allowed_origins=[f"{scheme}://{message.host}" for scheme in ("http", "https")]
    )
    manager = StreamableHTTPSessionManager(assistant_server(service), json_response=True, stateless=True, security_settings=own)
    asked = httpx2.Request(message.method, message.url, headers=list(message.headers), content=message.get_data())
    async with manager.run():
        answered = await httpx2.ASGITransport(manager.handle_request).handle_async_request(asked)
        return Response(await answered.aread(), answered.status_code, list(answered.headers.items()))


def _refusal(answered: Response) -> HTTPException:
    """The error that an answer in bare text is."""
    refusal = HTTPException(answered.get_data(as_text=True))
    refusal.code = answered.status_code
    return refusal
