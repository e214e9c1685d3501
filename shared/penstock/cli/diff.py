"""`penstock diff`: what local files would change in the cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import PenstockError
from penstock.cli.completing import object_names
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import noun_group
from penstock.cli.planning import ARTIFACTS, Plan, job_of, plan_flags, plan_of, ports_of, refusing
from penstock.cli.printing import failure, waiting, warning
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.plans.outlook import Outlook
    from penstock.runtime.wiring import Wiring

EXIT_SAME = 0
EXIT_DIFFERENT = 1
EXIT_ERROR = 2
"""As flux has them: an error is another thing than a difference."""


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@plan_flags
@click.option(
    "--ignore-not-found", is_flag=True, help="With --kustomization-file: the cluster need not have it yet."
)
@click.option(
    "--progress-bar/--no-progress-bar", default=True, show_default=True, help="Say that it is at work."
)
@kube_flags()
def kustomization(kube: Kube, name: str, *, ignore_not_found: bool, progress_bar: bool, **given: Any) -> int:
    """Show what applying local files for Kustomization NAME would change; nothing is written.

    The plan is that of apply: a server-side dry-run of each object, what would be pruned, and what the brake
    would hold back. Values of Secrets are masked. The exit code is 0 if nothing would change, 1 if something
    would, and 2 if that cannot be told.

    \b
      penstock diff kustomization apps --path ./apps/production
      penstock diff ks apps --path ./apps --kustomization-file ./clusters/apps.yaml --ignore-not-found
    """
    plan = plan_of(given)
    if ignore_not_found and not plan.kustomization_file:
        raise click.UsageError(
            "--ignore-not-found: kustomization file is required, with --kustomization-file"
        )
    if progress_bar and sys.stderr.isatty():
        waiting("Kustomization diffing... running dry-run")
    try:
        with kube.wiring() as wiring:
            outlook = _outlook(wiring, kube, name, plan, missing_ok=ignore_not_found)
            return _told(wiring, outlook)
    except PenstockError as error:
        failure(error.message)
    except OSError as error:
        failure(f"{error.filename or 'the system'}: {error.strerror or error}")
    return EXIT_ERROR


def _outlook(wiring: Wiring, kube: Kube, name: str, plan: Plan, *, missing_ok: bool) -> Outlook:
    from penstock.api.objects import annotations_of  # noqa: PLC0415 - not needed for --help
    from penstock.api.refs import kustomization as kustomization_ref  # noqa: PLC0415 - likewise
    from penstock.api.rollback import ROLLBACK_ANNOTATION  # noqa: PLC0415 - likewise
    from penstock.base.choices import Substitutions  # noqa: PLC0415 - likewise
    from penstock.plans.below import looked_below, parse_sources  # noqa: PLC0415 - likewise
    from penstock.plans.preview import look_ahead, strictly  # noqa: PLC0415 - likewise

    ports = ports_of(wiring, kube, strict=plan.strict_substitute)
    job = job_of(ports, kustomization_ref(kube.namespace, name), plan, missing_ok=missing_ok)
    if ROLLBACK_ANNOTATION in annotations_of(job.obj):
        warning("a rollback stands: any other revision of the source ends it, as what you push will")
    seen = look_ahead(ports, job)
    strict = wiring.settings.substitutions is Substitutions.STRICT and not plan.strict_substitute
    if strict and (why := strictly(ports, job)):
        warning(wiring.masker.mask(f"a run would fail, as PENSTOCK_SUBSTITUTIONS is strict: {why}"))
    if not plan.recursive:
        return seen[0]
    return looked_below(ports, seen, parse_sources(plan.local_sources), plan.ignored)


def _told(wiring: Wiring, outlook: Outlook) -> int:
    """Print it; the exit code."""
    from penstock.plans.telling import notes, text  # noqa: PLC0415 - not needed for --help

    click.echo(wiring.masker.mask(text(outlook)), nl=False)
    for note in notes(outlook):
        warning(wiring.masker.mask(note))
    for problem in outlook.failures:
        failure(wiring.masker.mask(problem))
    if outlook.failures:
        return EXIT_ERROR
    if outlook.changes:
        warning("identified at least one change, exiting with non-zero exit code")
    return EXIT_DIFFERENT if outlook.changes else EXIT_SAME


command = noun_group(
    "diff",
    "Show what would change in the cluster.",
    {
        KUSTOMIZATION.words: Entry(lambda: kustomization, "Diff Kustomization", KUSTOMIZATION.aliases),
        ("artifact",): refusing("artifact", ARTIFACTS),
    },
)
