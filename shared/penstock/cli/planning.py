"""What `build`, `diff` and `rollback` share: flux's flags of a plan, and what a plan needs of the world."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.errors import LimitExceeded, Terminal
from penstock.cli.flags import flagged
from penstock.cli.lazy import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.cli.kube import Kube
    from penstock.plans.preview import Job, PreviewPorts
    from penstock.runtime.wiring import Wiring

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Plan:
    """What the flags of a plan say."""

    path: str
    kustomization_file: str
    ignore_paths: tuple[str, ...]
    strict_substitute: bool
    recursive: bool
    local_sources: tuple[str, ...]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns, which may be several in one flag."""
        return tuple(part for text in self.ignore_paths for part in text.split(",") if part)


def refusing(noun: str, why: str) -> Entry:
    """A noun that flux has, or that one might try, which says why it is none here, whatever follows it."""

    def refuse(given: tuple[str, ...]) -> None:
        del given
        raise Terminal(why, reason="NotSupported")

    command = click.Command(
        noun,
        callback=refuse,
        params=[click.Argument(["given"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        hidden=True,
    )
    return Entry(lambda: command, hidden=True)


ARTIFACTS = "OCI artifacts are not built here yet"


def plan_flags(function: F) -> F:
    """--path and the other flags that `build` and `diff` of flux have in common (see plan_of)."""
    options = (
        click.option("--path", default="", metavar="DIR", help="The local folder that is spec.path of it."),
        click.option(
            "--kustomization-file",
            default="",
            metavar="FILE",
            help="The Kustomization, in place of the cluster's.",
        ),
        click.option(
            "--ignore-paths",
            multiple=True,
            metavar="PATTERNS",
            help="Paths that are left out, in the form of .gitignore, with commas between.",
        ),
        click.option(
            "--strict-substitute",
            is_flag=True,
            help="A variable without a value and without a default is an error.",
        ),
        click.option("-r", "--recursive", is_flag=True, help="Also the Kustomizations that it brings."),
        click.option(
            "--local-sources",
            multiple=True,
            metavar="SOURCES",
            help="Folders of sources, for -r: Kind/namespace/name=path, with commas between.",
        ),
        click.option(
            "--in-memory-build", is_flag=True, help="It always is: nothing is written into the folder."
        ),
    )
    return flagged(function, options)


def plan_of(given: dict[str, Any]) -> Plan:
    """Takes the flags out of what a command was given; wrong usage names the flag."""
    del given["in_memory_build"]
    plan = Plan(**{name: given.pop(name) for name in Plan.__dataclass_fields__})
    if not plan.path or not Path(plan.path).is_dir():
        raise click.UsageError(f"--path: invalid resource path {plan.path!r}: name a local folder")
    if plan.kustomization_file and not Path(plan.kustomization_file).is_file():
        raise click.UsageError(
            f"--kustomization-file: invalid kustomization file {plan.kustomization_file!r}"
        )
    if plan.recursive and not plan.local_sources:
        raise click.UsageError("--recursive needs --local-sources Kind/namespace/name=path")
    return plan


def ports_of(
    wiring: Wiring, kube: Kube, *, strict: bool, offline: bool = False, with_records: bool = True
) -> PreviewPorts:
    """What a plan needs; without a bucket there are no records, and `offline` there is no cluster."""
    from penstock.base.choices import FluxControllers, SharedObjects  # noqa: PLC0415 - not needed for --help
    from penstock.cluster.readonly import Nowhere  # noqa: PLC0415 - likewise
    from penstock.kustomize.brake import Brake  # noqa: PLC0415 - likewise
    from penstock.plans.preview import PreviewPorts  # noqa: PLC0415 - likewise

    settings = wiring.settings
    records = wiring.records if with_records and settings.bucket is not None else None
    return PreviewPorts(
        cluster=Nowhere() if offline else wiring.cluster,
        builder=wiring.upstream,
        expressions=wiring.upstream,
        judge=wiring.upstream,
        clock=wiring.clock,
        log=wiring.log,
        masker=wiring.masker,
        records=None if offline else records,
        limits=settings.limits,
        brake=Brake(settings.brake_objects, settings.brake_fraction, settings.brake_kinds),
        refused_kinds=settings.refused_kinds,
        refuse_shared=settings.shared_objects is SharedObjects.REFUSE,
        hold_flux=settings.flux_controllers is FluxControllers.HOLD,
        strict_substitutions=strict,
        offline=offline,
        timeout_s=kube.timeout_s,
    )


def job_of(ports: PreviewPorts, ref: ObjectRef, plan: Plan, *, missing_ok: bool = False) -> Job:
    """The Kustomization and the local files; Terminal if one of them cannot be had.

    `missing_ok`: the cluster need not have a Kustomization that a file has.
    """
    from penstock.plans.folder import read_folder  # noqa: PLC0415 - not needed for --help
    from penstock.plans.preview import Job  # noqa: PLC0415 - likewise
    from penstock.plans.subject import in_file, not_found, with_status_of  # noqa: PLC0415 - likewise

    live = ports.cluster.get(ref)
    if live is None and not ports.offline and not missing_ok:
        raise not_found(ref)
    file = plan.kustomization_file
    obj = (
        with_status_of(in_file(_documents(file, ports.limits.migrate_file_bytes), ref, file), live)
        if file
        else live
    )
    if obj is None:
        raise not_found(ref)
    local = read_folder(Path(plan.path), ports.limits, plan.ignored)
    return Job(obj, local.files, local.path)


def _documents(file: str, most_bytes: int) -> list[Json]:
    """The documents of a YAML file; Terminal naming the line if it is none."""
    import yaml  # noqa: PLC0415 - not needed for --help

    failed = f"failed to unmarshall kustomization file {file}"
    if Path(file).stat().st_size > most_bytes:
        raise LimitExceeded(f"{failed}: it is larger than {most_bytes} bytes", limit="migrate_file_bytes")
    try:
        return list(yaml.safe_load_all(Path(file).read_text(encoding="utf-8")))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
        raise Terminal(f"{failed}{line}: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise Terminal(f"{failed}: it is no YAML in UTF-8") from None
