"""What functions-framework calls for each request of `penstock serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from flask import Request

    from penstock.runtime.routes import Reply, Routes

EXTENSION = "penstock"
"""Where the app carries its routes: the framework wants a plain function, and we want no globals."""


def penstock(request: Request) -> Reply:
    """Hands the request to the routes of the app that it came to."""
    return cast("Routes", current_app.extensions[EXTENSION])(request)
