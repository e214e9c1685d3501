"""`penstock`: finds the verb's module and runs it; the exit codes are decided here and nowhere else.

Verbs are imported when they are called, so `penstock --help` stays quick.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

from penstock.base.errors import PenstockError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

VERBS = {
    "approve": "Let deletions go ahead that the brake holds",
    "control-plane": "Start, stop and look at a real Kubernetes control plane on this machine",
    "migrate": "Rewrite manifests that have API versions which Flux has removed",
    "serve": "Serve webhooks, invokes and the tick, and do their work",
    "down": "Take away what `penstock up` brought, from this machine and from your cluster",
    "undelete": "Bring back what a run deleted, from the artifact that was applied before",
    "tools": "Build the Go programs that penstock uses, into the user's cache",
    "up": "The main job: a control plane, the functions, a Git server, one push followed through",
}
"""Verb -> one line for `penstock --help`; the module is `penstock.cli.<verb with - as _>`."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, sorted; imports none of them."""
        del ctx
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now; None if there is no such verb."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"penstock.cli.{cmd_name.replace('-', '_')}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.command is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their lines from VERBS."""
        rows = [(name, VERBS[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock", prog_name="penstock")
def root() -> None:
    """Flux's GitOps loop as webhook-driven serverless functions."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb with the given arguments (default: those of the process) and gives the exit code."""
    try:
        code = root.main(
            args=None if arguments is None else list(arguments), prog_name="penstock", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except PenstockError as error:
        click.echo(f"✗ {error.message}", err=True)
        return EXIT_FAILED
    except OSError as error:  # a file or folder that a person named, or a full disk
        click.echo(f"✗ {error.filename or 'the system'}: {error.strerror or error}", err=True)
        return EXIT_FAILED
    return code if isinstance(code, int) else EXIT_OK


def main() -> None:
    """The console script."""
    sys.exit(run())
