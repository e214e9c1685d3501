"""What the verbs for people share: the cluster and the bucket, tables, questions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.errors import SettingsError, Terminal
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.base.text import printable
from penstock.cli.flags import flagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from penstock.runtime.wiring import Wiring

F = TypeVar("F", bound="Callable[..., Any]")
_CELL = 253
_AGAIN_S = 1.0
"""As long as it may take to clean up."""


def person_flags(function: F) -> F:
    """--yes and -o, of verbs that ask before they change something."""
    formats = click.Choice(["table", "json", "yaml"])
    options = (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "-o", "--output", type=formats, default="table", show_default=True, help="How it is told."
        ),
    )
    return flagged(function, options)


def wired(role: Role, kubeconfig: str | None, context: str | None, **flags: object) -> Wiring:
    """The parts for a command; SettingsError if a setting or the bucket's folder is missing.

    `flags` are values of other settings that the command line gave (None: not given).
    """
    from penstock.runtime.wiring import Wiring  # noqa: PLC0415 - not needed for --help

    given = {**flags, "kubeconfig": kubeconfig_of(kubeconfig), "context": context}
    settings = read_settings(os.environ, role, given)
    folder = settings.bucket if role is not Role.READ else None
    if isinstance(folder, Path) and not folder.is_dir():
        raise SettingsError(f"PENSTOCK_BUCKET: there is no folder {folder}; name the one of `serve`")
    return Wiring(settings, os.environ)


def kubeconfig_of(flag: str | None) -> str | None:
    """The flag's, penstock's setting, or kubectl's: KUBECONFIG if it names one file, else the home's."""
    if own := flag or os.environ.get("PENSTOCK_KUBECONFIG"):
        return own
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if len(named) > 1:
        raise SettingsError("KUBECONFIG names several files: name the one that is meant with --kubeconfig")
    home = Path.home() / ".kube" / "config"
    return named[0] if named else str(home) if home.is_file() else None


def context_namespace(kubeconfig: str | None, context: str | None) -> str:
    """The namespace of a context (None: the current one); empty if it has none or there is no kubeconfig."""
    from penstock.base.files import read_text  # noqa: PLC0415 - not needed for --help
    from penstock.cluster.kubeconfig import MOST_BYTES, invalid, parse_kubeconfig  # noqa: PLC0415 - likewise

    path = kubeconfig_of(kubeconfig)
    if path is None:
        return ""
    try:
        text = read_text(Path(path), MOST_BYTES)
    except ValueError as error:
        raise invalid(f"the kubeconfig {path} cannot be read: {error}") from None
    return parse_kubeconfig(text, context or "").namespace


@contextlib.contextmanager
def finishing(interrupted: str) -> Iterator[None]:
    """Within the block Ctrl-C says how things stand before it ends the command; so do SIGTERM and the end of
    the terminal, so that no temporary folder and no process is left either.
    """
    before = _interrupting(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        yield
    except KeyboardInterrupt:
        _no_more(before)
        with contextlib.suppress(OSError):  # the terminal may be gone
            click.echo(f"\n✗ {interrupted}", err=True)
        raise
    finally:
        _no_more(before)


def _interrupting(*numbers: signal.Signals) -> dict[signal.Signals, Any]:
    """Have these signals interrupt; their handlers before. None where they are ignored, as by nohup, or this
    is not the main thread, which alone may say so.

    Python drops what is raised while it destroys an object: so it is raised again until it gets through.
    """

    def heard(number: int, frame: object) -> None:
        del number, frame
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        return {}
    asked = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, heard) for number in (*asked, signal.SIGALRM)}


def _no_more(before: dict[signal.Signals, Any]) -> None:
    """Put the handlers back, once."""
    if before:
        signal.setitimer(signal.ITIMER_REAL, 0)
    while before:
        signal.signal(*before.popitem())


@contextlib.contextmanager
def rights_hinted() -> Iterator[None]:
    """A right that is missing is not the only one, mostly."""
    from penstock.cluster.errors import Forbidden  # noqa: PLC0415 - not needed for --help

    try:
        yield
    except Forbidden as error:
        raise Forbidden(f"{error.message}; `penstock check --pre` lists the rights that you lack") from None


def confirm(question: str, *, yes: bool, flag: str = "--yes") -> None:
    """Go on only if the person says so; Terminal if not, or if there is nobody to ask. `flag` is for that."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Terminal(f"nothing was changed: there is no terminal to ask on; say {flag} if it is meant")
    try:
        answer = click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo("\n✗ interrupted: nothing was changed", err=True)
        raise
    if not answer:
        raise Terminal("nothing was changed")


def tell(output: str, value: dict[str, Any], lines: Iterable[str]) -> None:
    """The value for programs, or the lines for people."""
    if output == "json":
        click.echo(json.dumps(value, indent=2))
    elif output == "yaml":
        import yaml  # noqa: PLC0415 - not needed for --help

        click.echo(yaml.safe_dump(value, sort_keys=False), nl=False)
    else:
        for line in lines:
            click.echo(line)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of columns; what a cluster or a repository named is made fit for a terminal."""
    cells = [list(head), *([printable(cell, _CELL) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return ["   ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
