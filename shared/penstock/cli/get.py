"""`penstock get`: Flux's objects and their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.options import Role
from penstock.cli.completing import object_names
from penstock.cli.flags import flagged
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.client.kinds import BUILT, GIT_REPOSITORY, KUSTOMIZATION, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.cli.kube import Kube
    from penstock.cli.listing import Asked

T = TypeVar("T")
_SOURCES = (GIT_REPOSITORY,)
_LINES = {kind: f"{kind.kind} objects and their status" for kind in BUILT}


def _flags(function: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option(
            "-w", "--watch", is_flag=True, help="Go on with changes, until Ctrl-C or a given --timeout."
        ),
        click.option(
            "-o",
            "--output",
            type=click.Choice(["wide", "json", "yaml"]),
            help="More columns and whole hashes, or the objects as the cluster has them.",
        ),
        click.option(
            "--status-selector",
            metavar="TYPE=STATUS",
            help="Only those with this condition, such as ready=false or ready!=true.",
        ),
        click.option(
            "-l", "--label-selector", metavar="LABELS", default="", help="Only those with these labels."
        ),
        click.option("--no-header", is_flag=True, help="Leave the line of column names out."),
    )
    return flagged(function, options)


def _one(kind: Kind) -> Callable[[], click.Command]:
    """The noun of one kind."""

    def load() -> click.Command:
        @click.command(kind.listed[-1], help=_help(kind))
        @click.argument("name", default="", shell_complete=object_names(kind))
        @_flags
        @kube_flags(everywhere=True)
        def command(kube: Kube, name: str, *, watch: bool, **flags: Any) -> None:
            from penstock.cli.listing import get_one  # noqa: PLC0415 - not needed for --help

            asked = _asked(kube, name=name, watch=watch, **flags)
            with kube.wiring(Role.READ) as wiring:
                get_one(wiring, kind, asked)

        if kind is KUSTOMIZATION:
            text = "A column with the source of each."
            command = click.option("--show-source", is_flag=True, help=text)(command)
        return command

    return load


def _all(kinds: tuple[Kind, ...], what: str, words: str) -> Callable[[], click.Command]:
    """The noun of several kinds."""

    def load() -> click.Command:
        @click.command("all", help=f"Show {what} and their status.\n\n  penstock get {words} -A")
        @_flags
        @kube_flags(everywhere=True)
        def command(kube: Kube, *, watch: bool, **flags: Any) -> None:
            from penstock.cli.listing import get_all  # noqa: PLC0415 - not needed for --help

            if watch:
                raise click.UsageError("expected a single resource type, but found all")
            with kube.cluster() as cluster:
                get_all(cluster, kinds, _asked(kube, with_kind=True, **flags))

        return command

    return load


def _asked(
    kube: Kube, *, output: str | None, no_header: bool, with_kind: bool = False, **flags: Any
) -> Asked:
    from penstock.base.selector import parse_selector  # noqa: PLC0415 - not needed for --help
    from penstock.cli.listing import Asked  # noqa: PLC0415 - likewise
    from penstock.client.rows import View, parse_wanted  # noqa: PLC0415 - likewise

    status, labels = flags.pop("status_selector"), flags.pop("label_selector")
    view = View(kube.everywhere, with_kind, flags.pop("show_source", False), output == "wide")
    return Asked(
        kube,
        view,
        output=output or "",
        header=not no_header,
        selector=_parsed("--label-selector", parse_selector, labels).text,
        wanted=None if status is None else _parsed("--status-selector", parse_wanted, status),
        **flags,
    )


def _parsed(flag: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=flag) from None


def _help(kind: Kind) -> str:
    words = " ".join(kind.listed)
    short = f" (or {kind.aliases[0]})" if kind.aliases else ""
    return (
        f"Show {kind.kind} objects{short} and their status: all of a namespace, or NAME.\n\n"
        "The exit code is 1 if there are none. An example: what is not ready, anywhere.\n\n"
        f"  penstock get {words} -A --status-selector ready=false"
    )


command = noun_group(
    "get",
    "Show Flux's objects and their status.\n\n  penstock get all -A",
    {
        **kind_nouns({kind: Entry(_one(kind), _LINES[kind]) for kind in BUILT}, plural=True),
        ("all",): Entry(_all(BUILT, "all of Flux's objects", "all"), "All of Flux's objects"),
        ("sources", "all"): Entry(_all(_SOURCES, "all sources", "sources all"), "All sources"),
    },
)
