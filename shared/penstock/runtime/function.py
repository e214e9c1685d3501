"""One function alone, as functions-framework and the clouds run it."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from penstock.base.errors import SettingsError
from penstock.base.settings import read_settings
from penstock.runtime.routing import routes_of
from penstock.runtime.signals import Chained
from penstock.runtime.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.base.options import Role
    from penstock.runtime.routes import Reply


def function(role: Role) -> Callable[[Request], Reply]:
    """The function as the framework wants it. Reads the settings, and ends the process if they are wrong."""
    try:
        settings = read_settings(os.environ, role)
    except SettingsError as error:
        sys.exit(f"{role} does not start:\n{error.message}")
    wiring = Wiring(settings, os.environ)
    routes, chained = routes_of(wiring), Chained(wiring.tell_to_end)

    def handle(request: Request) -> Reply:
        # Not before: the server makes its own handler only in the process that it forks for us.
        chained.ensure()
        return routes(request)

    # The server forks a process for us, and each of these objects that its collector touched would be copied.
    gc.collect()
    gc.freeze()
    return handle
