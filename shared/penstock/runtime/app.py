"""The web application of `penstock serve`: functions-framework's request handling around our routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.runtime.target import main as target

if TYPE_CHECKING:
    from flask import Flask

    from penstock.runtime.routes import Routes


def create_app(routes: Routes) -> Flask:
    """An app of its own for these routes; several may live in one process."""
    import functions_framework  # noqa: PLC0415 - it brings cloudevents and gunicorn's options, 0.2 s

    make: Any = functions_framework.create_app  # it has no types
    app: Flask = make(target.penstock.__name__, Path(target.__file__), "http")
    app.extensions[target.EXTENSION] = routes
    app.url_map.merge_slashes = False  # "//github" is another path, not a redirect (threats A-14)
    return app
