"""`penstock build`: the objects of local files, as they would be applied."""

from __future__ import annotations

from typing import Any

import click

from penstock.cli.completing import object_names
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import noun_group
from penstock.cli.planning import ARTIFACTS, Plan, job_of, plan_flags, plan_of, ports_of, refusing
from penstock.cli.printing import warning
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import KUSTOMIZATION


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@plan_flags
@click.option("--dry-run", is_flag=True, help="Ask no cluster; needs --kustomization-file.")
@click.option("--show-secrets", is_flag=True, help="Print the values of Secrets as well.")
@kube_flags()
def kustomization(kube: Kube, name: str, *, dry_run: bool, show_secrets: bool, **given: Any) -> None:
    """Build Kustomization NAME from local files and print the objects as YAML.

    They are what applying would send: the spec of the Kustomization in the cluster (or in
    --kustomization-file) is laid over the files at --path, its variables are put in, and its labels are on
    them. Values of Secrets are `***` unless --show-secrets. With --dry-run no cluster is asked, and variables
    of ConfigMaps and Secrets are left out.

    \b
      penstock build kustomization apps --path ./apps/production
      penstock build ks apps --path ./apps --kustomization-file ./clusters/apps.yaml --dry-run
      penstock build ks flux-system --path ./clusters/home -r \\
          --local-sources GitRepository/flux-system/flux-system=.
    """
    plan = plan_of(given)
    if dry_run and not plan.kustomization_file:
        raise click.UsageError(
            "dry-run mode requires a kustomization file: name it with --kustomization-file"
        )
    click.echo(_built(kube, name, plan, dry_run=dry_run, show_secrets=show_secrets), nl=False)


def _built(kube: Kube, name: str, plan: Plan, *, dry_run: bool, show_secrets: bool) -> str:
    from penstock.api.refs import kustomization as kustomization_ref  # noqa: PLC0415 - not needed for --help
    from penstock.client.documents import yaml_text  # noqa: PLC0415 - likewise
    from penstock.kustomize.controllers import is_controller  # noqa: PLC0415 - likewise
    from penstock.plans.below import built_below, parse_sources  # noqa: PLC0415 - likewise
    from penstock.plans.masked import cleaned, is_secret, masked  # noqa: PLC0415 - likewise
    from penstock.plans.preview import built  # noqa: PLC0415 - likewise

    ref = kustomization_ref(kube.namespace, name)
    with kube.wiring() as wiring:
        ports = ports_of(wiring, kube, strict=plan.strict_substitute, offline=dry_run, with_records=False)
        targets = built(ports, job_of(ports, ref, plan))
        objects = [target.obj for target in targets]
        if plan.recursive:
            sources = parse_sources(plan.local_sources)
            objects.extend(built_below(ports, targets, sources, plan.ignored, ref))
        if ports.hold_flux and any(map(is_controller, objects)):
            warning("Flux's own controllers are applied with 0 replicas, as penstock does their work")
        if show_secrets:
            return "".join(f"{yaml_text(obj)}---\n" for obj in objects)
        if any(map(is_secret, objects)):
            warning("the values of Secrets are not shown: --show-secrets prints them")
        shown = (cleaned(masked(obj), wiring.masker.mask) for obj in objects)
        return "".join(f"{yaml_text(obj)}---\n" for obj in shown)


command = noun_group(
    "build",
    "Build what a Kustomization is made of.",
    {
        KUSTOMIZATION.words: Entry(lambda: kustomization, "Build Kustomization", KUSTOMIZATION.aliases),
        ("artifact",): refusing("artifact", ARTIFACTS),
    },
)
