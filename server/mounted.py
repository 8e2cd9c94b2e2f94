"""The application for another WSGI server, such as gunicorn, or within a site: under the same rules as `askdex serve`."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from flask import Flask

from askdex.server.access import guard_of
from askdex.server.app import create_app
from askdex.server.cli.models import encoder_loader, rerank_stage
from askdex.server.cli.serve import serve, site_of
from askdex.server.cli.settings_file import held_settings
from askdex.server.proxies import believing
from askdex.server.rates import Rate
from askdex.server.service import open_followed


def create_app_from(
    folder: str | PathLike[str] | None = None,
    trusted_hosts: Sequence[str] | None = None,
    allowed_origins: Sequence[str] = (),
    *,
    public: bool = False,
    settings: str | PathLike[str] | None = None,
) -> Flask:
    """Open an index and make the application over it; each worker of a WSGI server such as gunicorn calls this once.

    What is not said here is what the file `settings` says, or askdex.toml in the current folder: the folder of the index,
    which ASKDEX_INDEX may name too, and the settings of `askdex serve` but for those of its own server and of logs. Nobody can
    know here who reaches the application. So it asks for a key as `askdex serve` does beyond this computer, unless it is
    `public`. It takes up new generations as they come. Call it in the worker, not before the fork: threads and open files do
    not survive one.

    Raises KeysNeededError where nobody has a key and it is not public; SettingsError, MissingIndexError, DamagedIndexError,
    ModelError, MissingExtraError.
    """
    options = _options(folder, settings)
    rules, rate = options["access"], options["rate"]
    guard = guard_of(
        options["place"],
        is_public=public or options["is_public"],
        is_local=False,
        rules=rules,
        rate=Rate(rate) if rate else None,
        public_by="public=True",
    )
    site = site_of(**options)
    stage = rerank_stage(options["reranker_name"], options["tokens"], options["device"], site.mode)
    app = create_app(
        open_followed(options["place"], encoder_loader(options["device"], options["model"]), stage),
        trusted_hosts or options["trusted_names"] or None,
        site,
        [*allowed_origins, *options["allowed_origins"]],
        guard=guard,
    )
    # That is how Flask has an application wrapped.
    faced = believing(app.wsgi_app, options["proxies"], rules.header if rules else None)
    app.wsgi_app = faced  # type: ignore[method-assign, assignment]
    return app


def _options(folder: str | PathLike[str] | None, settings: str | PathLike[str] | None) -> dict[str, Any]:
    """What `askdex serve` would be told by a file of settings, and its section `access`."""
    named = [f"--settings={Path(settings)}"] if settings is not None else []
    named += [f"--index={fspath(folder)}"] if folder is not None else []
    with serve.make_context("askdex", named) as ctx:
        return {**ctx.params, "access": held_settings(ctx).access}
