"""`penstock`: finds the verb's module and runs it; the exit codes are decided here and nowhere else.

Verbs are imported when they are called, so `penstock --help` stays quick.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from penstock.base.errors import PenstockError
from penstock.base.text import printable
from penstock.cli.fluxflags import explained
from penstock.cli.lazy import Entry, LazyGroup, module

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
_MESSAGE = 16_384
"""Characters of an error that are shown."""

VERBS = {
    "approve": "Let deletions go ahead that the brake holds",
    "bootstrap": "Put a cluster under a Git repository, as `flux bootstrap` does",
    "build": "Print what local files build to, as it would be applied",
    "check": "Check what penstock needs, and whether it works",
    "completion": "Print the completion script of a shell",
    "control-plane": "Start, stop and look at a Kubernetes control plane here",
    "create": "Make or change sources, Kustomizations and Secrets of Git servers",
    "delete": "Delete sources and Kustomizations, with what they brought",
    "diff": "Show what local files would change in the cluster; writes nothing",
    "down": "Take away again what `penstock up` brought",
    "envsubst": "Put environment variables into a text, as spec.postBuild does",
    "events": "Show the events of Flux's objects",
    "export": "Print objects as they would be written to Git",
    "get": "Show Flux's objects and their status",
    "history": "Show what became of a Kustomization, run by run",
    "install": "Bring penstock's components into a cluster, or up to date",
    "logs": "Show what runs did, and what functions logged, line by line",
    "migrate": "Rewrite manifests with API versions that Flux has removed",
    "reconcile": "Have a source or Kustomization looked at now, and wait for it",
    "resume": "Reconcile suspended sources or Kustomizations again",
    "rollback": "Apply an earlier artifact until a newer revision comes",
    "serve": "Serve webhooks, invokes and the tick, and do their work",
    "stats": "Count what runs, fails and is suspended",
    "suspend": "Leave sources or Kustomizations alone until they are resumed",
    "tools": "Build the Go programs that penstock uses",
    "trace": "Show where an object comes from: Kustomization, source, revision",
    "tree": "Show what a Kustomization applied, as a tree",
    "undelete": "Bring back what a run deleted",
    "uninstall": "Take penstock out of a cluster; what was applied stays",
    "up": "See all of it here: cluster, functions, Git server, one push",
    "version": "Print the versions of this program and of what is in the cluster",
}
"""Verb -> one line for `penstock --help`; the module is `penstock.cli.<verb with - as _>`."""

SECTIONS = {
    "Begin": ("up", "down", "check", "bootstrap", "install", "uninstall", "migrate"),
    "Look": ("get", "tree", "trace", "events", "logs", "stats", "history", "export"),
    "Act": ("reconcile", "suspend", "resume", "create", "delete", "approve", "undelete", "rollback"),
    "Before you push": ("build", "diff", "envsubst"),
    "Run it": ("serve", "control-plane", "tools"),
    "About this program": ("version", "completion"),
}
"""The headings of `penstock --help`, in the order in which a newcomer meets them, and the verbs below."""


def _entries() -> dict[str, Entry]:
    return {
        verb: Entry(module(f"penstock.cli.{verb.replace('-', '_')}"), VERBS[verb], section=section)
        for section, verbs in SECTIONS.items()
        for verb in verbs
        if verb in VERBS
    }


@click.group(cls=LazyGroup, entries=_entries(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock", prog_name="penstock")
def root() -> None:
    """Flux's GitOps loop as webhook-driven serverless functions.

    \b
      penstock up              shows all of it on this machine
      penstock check --pre     says whether your cluster will do; then: bootstrap
      penstock VERB --help     explains a verb, with an example
    """


def run(arguments: Sequence[str] | None = None, *, program: str = "penstock") -> int:
    """Runs one verb with the given arguments (default: those of the process) and gives the exit code.

    `program` is what the user typed to come here.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = root.main(args=_as_text(given), prog_name=program, standalone_mode=False)
    except click.ClickException as error:
        _fit(explained(error)).show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except PenstockError as error:
        click.echo(f"✗ {printable(error.message, _MESSAGE, newlines=True)}", err=True)
        return EXIT_FAILED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:  # a file or folder that a person named, or a full disk
        where = printable(str(error.filename or "the system"))
        click.echo(f"✗ {where}: {error.strerror or error}", err=True)
        return EXIT_FAILED
    return code if isinstance(code, int) else EXIT_OK


def _fit(error: click.ClickException) -> click.ClickException:
    """The error; a new one if what it repeats of the command line is too long, or not fit for a terminal."""
    text = error.format_message()
    shown = printable(text, _MESSAGE, newlines=True)
    return error if shown == text else click.UsageError(shown, getattr(error, "ctx", None))


def _as_text(arguments: Sequence[str]) -> list[str]:
    """The arguments; wrong usage if one has bytes that are no UTF-8: no name, path or text here has them."""
    for argument in arguments:
        if any("\ud800" <= char <= "\udfff" for char in argument):
            flag, value, _ = argument.partition("=")
            name = printable(flag, 64) if flag.startswith("--") and value else "an argument"
            raise click.UsageError(f"{name} has bytes that are no UTF-8")
    return list(arguments)


def main() -> None:
    """The console script."""
    sys.exit(run())
