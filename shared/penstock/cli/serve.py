"""`penstock serve`: all functions in one process, behind one port."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.options import Role, options_of, variable
from penstock.base.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

_BY_SIGNAL = 128
"""So shells number the exit codes of what a signal ended."""

F = TypeVar("F", bound="Callable[..., Any]")


def _flags(function: F) -> F:
    """One flag for each setting that has one; all settings can be given in the environment."""
    for one, declared in reversed(options_of(Settings)):
        if declared.flag:
            text = f"{declared.help} [{variable(one.name)}]"
            function = click.option(declared.flag, one.name, metavar="VALUE", help=text)(function)
    return function


@click.command("serve")
@_flags
def command(**flags: str | None) -> None:
    """Serve webhooks, invokes and the tick, and do their work, until interrupted.

    Secrets come from the environment only: PENSTOCK_WEBHOOK_SECRET and PENSTOCK_INVOKE_TOKEN, or the files
    that PENSTOCK_WEBHOOK_SECRET_FILE and PENSTOCK_INVOKE_TOKEN_FILE name.
    """
    settings = read_settings(os.environ, Role.SERVE, flags)

    from penstock.runtime.serve import serve  # noqa: PLC0415 - not needed for --help, nor to find bad settings
    from penstock.runtime.wiring import Wiring  # noqa: PLC0415 - likewise
    from penstock.tools.process import kill_running  # noqa: PLC0415 - likewise

    ended = serve(Wiring(settings, os.environ))
    if ended.left:
        kill_running()
        # Python would wait for the threads that did not end in time; their work is in the queue.
        os._exit(_BY_SIGNAL + ended.by if ended.by else 0)
