"""flux's flags about the components, for the verbs that bring them: `install` and `bootstrap`.

Those that are about pods have nothing to do here and say so; those that would mean something else are
refused.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.cli.flags import flagged
from penstock.cli.printing import warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.install.components import Components

F = TypeVar("F", bound="Callable[..., Any]")
_DEFAULT = "source-controller,kustomize-controller,helm-controller,notification-controller"
_REGISTRY = "ghcr.io/fluxcd"
_CLUSTER_ROLE = "cluster-admin"
_IDLE = {
    "--network-policy": "no pod of penstock runs in the cluster",
    "--log-level": "the functions log where they run",
    "--cluster-domain": "nothing of penstock is reached within the cluster",
    "--toleration-keys": "the Deployments have 0 replicas",
    "--registry-creds": "no image is pulled, as the Deployments have 0 replicas",
}
"""Flags of flux that have nothing to do here, and why."""
_REFUSED = {
    "--watch-all-namespaces": "PENSTOCK_NAMESPACES of the functions says which namespaces are served",
    "--version": "penstock has the API of one release of Flux, which `penstock version --client` names",
    "--manifests": "the flags say what is brought; `--export` writes it to a file that you may change",
}
"""Flags of flux for what is done otherwise here, and how."""
_SWITCHES = frozenset({"--network-policy", "--watch-all-namespaces"})
"""Those that may stand without a value."""


@dataclass(frozen=True)
class Chosen:
    """What the flags say."""

    components: tuple[str, ...]
    components_extra: tuple[str, ...]
    registry: str
    image_pull_secret: str
    cluster_role: str
    stubs: bool

    def wanted(self, namespace: str) -> Components:
        """The components for an installation in that namespace; Terminal if a flag's value cannot be."""
        from penstock.install.components import Components, check  # noqa: PLC0415 - not needed for --help

        wanted = Components(
            namespace=namespace,
            components=self.components,
            components_extra=self.components_extra,
            registry=self.registry,
            image_pull_secret=self.image_pull_secret,
            cluster_role=self.cluster_role,
            stubs=self.stubs,
        )
        check(wanted)
        return wanted


def component_flags(function: F) -> F:
    """The flags; the command gets one `chosen: Chosen`."""

    @functools.wraps(function)
    def wrapped(*, no_stubs: bool, **given: Any) -> Any:
        names = ("components", "components_extra", "registry", "image_pull_secret", "cluster_role")
        chosen = Chosen(**{name: given.pop(name) for name in names}, stubs=not no_stubs)
        return function(chosen=chosen, **given)

    found: Any = flagged(wrapped, [*_options(), *_answered()])
    return found  # type: ignore[no-any-return] # click's decorators keep the function


def idle_flags(flags: Mapping[str, str]) -> Callable[[F], F]:
    """Flags of flux that have nothing to do, with the reason that whoever gives them is told."""

    def decorate(function: F) -> F:
        found: Any = function
        for flag, why in flags.items():
            found = _answer(flag, _idle, why)(found)
        return found  # type: ignore[no-any-return] # as above

    return decorate


def _options() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--components",
            default=(_DEFAULT,),
            show_default=_DEFAULT,
            multiple=True,
            metavar="NAMES",
            callback=_split,
            help="Flux's controllers that get a Deployment with 0 replicas, separated by commas.",
        ),
        click.option(
            "--components-extra",
            multiple=True,
            metavar="NAMES",
            callback=_split,
            help="More of them, such as image-reflector-controller,image-automation-controller.",
        ),
        click.option(
            "--no-stubs",
            is_flag=True,
            help="No Deployments: `flux check` and `flux version` find nothing then.",
        ),
        click.option(
            "--registry",
            default=_REGISTRY,
            show_default=True,
            metavar="HOST/PATH",
            help="Where the images in these Deployments are from; none is pulled.",
        ),
        click.option(
            "--image-pull-secret", default="", metavar="NAME", help="A Secret that these Deployments name."
        ),
        click.option(
            "--cluster-role",
            default=_CLUSTER_ROLE,
            show_default=True,
            metavar="NAME",
            help="With which ClusterRole the functions' account writes what Git brings.",
        ),
    ]


def _answered() -> list[Callable[[Any], Any]]:
    """flux's other flags, which are not listed in the help."""
    return [_answer(flag, _idle, why) for flag, why in _IDLE.items()] + [
        _answer(flag, _refused, why) for flag, why in _REFUSED.items()
    ]


def _answer(flag: str, callback: Callable[[str, str], None], why: str) -> Callable[[Any], Any]:
    def answered(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        del param
        if value is not None and not ctx.resilient_parsing:
            callback(flag, why)

    names = (flag, "-v") if flag == "--version" else (flag,)
    switch: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if flag in _SWITCHES else {}
    return click.option(*names, callback=answered, expose_value=False, hidden=True, **switch)


def _idle(flag: str, why: str) -> None:
    warning(f"{flag} has nothing to do here: {why}")


def _refused(flag: str, why: str) -> None:
    raise click.UsageError(f"{flag} is not taken: {why}")


def _split(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Names given with commas, with several flags, or both."""
    del ctx, param
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())
