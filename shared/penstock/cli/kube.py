"""What the verbs on the cluster share: flux's flags, and the cluster that they name."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.duration import format_duration, parse_duration
from penstock.base.options import Role
from penstock.cli.completing import contexts, namespaces
from penstock.cli.flags import flagged
from penstock.cli.person import context_namespace, wired
from penstock.cli.printing import warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.cluster.client import ApiCluster
    from penstock.runtime.wiring import Wiring

F = TypeVar("F", bound="Callable[..., Any]")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAMESPACE = "flux-system"
_VARIABLE = "FLUX_SYSTEM_NAMESPACE"
_FOLLOWS = "FLUX_NS_FOLLOWS_KUBE_CONTEXT"


class Duration(click.ParamType[float]):
    """A Go duration (`30s`, `5m`, `1h30m`) as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; wrong usage if it is no duration."""
        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True)
class Kube:
    """What the shared flags say. `limited`: the person gave the timeout, it is not the default."""

    namespace: str
    kubeconfig: str | None
    context: str | None
    timeout_s: float
    limited: bool = False
    everywhere: bool = False

    @property
    def where(self) -> str | None:
        """The namespace to list, None for all of them."""
        return None if self.everywhere else self.namespace

    @property
    def place(self) -> str:
        """The same as flux's messages have it."""
        return "any" if self.everywhere else f'"{self.namespace}"'

    @contextlib.contextmanager
    def wiring(self, role: Role = Role.CLIENT, **flags: object) -> Iterator[Wiring]:
        """The parts for the command; SettingsError if the role needs more. `flags`: see `wired`."""
        made = wired(role, self.kubeconfig, self.context, **flags)
        try:
            yield made
        finally:
            made.close()

    @contextlib.contextmanager
    def cluster(self) -> Iterator[ApiCluster]:
        """The cluster, with every request ending at the timeout; no bucket is needed."""
        with self.wiring(Role.READ) as wiring:
            yield self.timed(wiring)

    def timed(self, wiring: Wiring) -> ApiCluster:
        """The cluster of these parts, likewise."""
        from penstock.base.deadline import Deadline  # noqa: PLC0415 - not needed for --help

        return wiring.cluster.within(Deadline.after(wiring.clock, self.timeout_s, wiring.stop))


def kube_flags(*, everywhere: bool = False, timeout: str = "5m") -> Callable[[F], F]:
    """-n, --kubeconfig, --context, --timeout, and -A if `everywhere`; the command gets one `kube: Kube`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapped(
            *, namespace: str, kubeconfig: str | None, context: str | None, timeout: float, **given: Any
        ) -> Any:
            follows = given.pop("ns_follows_kube_context") or os.environ.get(_FOLLOWS)
            if follows and not _typed("namespace"):
                namespace = context_namespace(kubeconfig, context) or namespace
            all_of_them = bool(given.pop("all_namespaces", False))
            kube = Kube(namespace, kubeconfig, context, timeout, _typed("timeout"), all_of_them)
            return function(kube=kube, **given)

        found: Any = flagged(wrapped, _options(timeout, everywhere=everywhere))
        return found  # type: ignore[no-any-return] # click's decorators keep the function

    return decorate


def _typed(name: str) -> bool:
    """Whether the person gave the flag of this name."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not click.core.ParameterSource.DEFAULT


def _options(timeout: str, *, everywhere: bool) -> list[Callable[[Any], Any]]:
    options = [
        click.option(
            "-n",
            "--namespace",
            default=default_namespace,
            show_default=f"{_NAMESPACE}, or {_VARIABLE}",
            metavar="NAME",
            callback=_checked,
            shell_complete=namespaces,
            help="The namespace to work in.",
        ),
        click.option(
            "--kubeconfig",
            metavar="FILE",
            help="The cluster; else PENSTOCK_KUBECONFIG, KUBECONFIG, ~/.kube/config, or the pod's own.",
        ),
        click.option(
            "--context", metavar="NAME", shell_complete=contexts, help="The context of that kubeconfig."
        ),
        click.option(
            "--ns-follows-kube-context",
            is_flag=True,
            help=f"The namespace is the context's, if that has one and -n is not given [{_FOLLOWS}].",
        ),
        click.option(
            "--timeout",
            type=Duration(),
            default=parse_duration(timeout),
            show_default=format_duration(parse_duration(timeout)),
            metavar="DURATION",
            help="How long it may take, such as 30s or 5m.",
        ),
    ]
    if everywhere:
        text = "All namespaces."
        options.append(click.option("-A", "--all-namespaces", "all_namespaces", is_flag=True, help=text))
    return options


def default_namespace() -> str:
    """FLUX_SYSTEM_NAMESPACE if it names a namespace, else flux-system; as flux, a wrong one is warned of."""
    given = os.environ.get(_VARIABLE, "")
    if not given or _LABEL.fullmatch(given):
        return given or _NAMESPACE
    warning(f"ignoring invalid {_VARIABLE}: {given[:64]!r}")
    return _NAMESPACE


def _checked(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not ctx.resilient_parsing and not _LABEL.fullmatch(value):
        raise click.BadParameter(f"namespace must be a valid DNS label: {value[:64]!r}", ctx, param)
    return value
