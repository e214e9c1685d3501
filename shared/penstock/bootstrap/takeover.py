"""What stands on the cluster before bootstrap, and what a person has to agree to. Pure.

Source: architecture decision 13, contract C9, flux2's cluster_info and bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.base.text import printable
from penstock.bootstrap.address import is_another, shown
from penstock.bootstrap.layout import same_path
from penstock.install.found import installed
from penstock.kustomize.controllers import is_controller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json

_OURS = frozenset({"", "flux", "penstock"})
_FIRST = "kustomize-controller"
"""It would bring the others back."""


class PathDiffers(Terminal):
    """The cluster follows another path already."""

    reason = "PathDiffers"


@dataclass(frozen=True)
class Found:
    """What is there: the CRD of GitRepository, Flux's controllers that are to run, in the order in which they
    are scaled down, and the Kustomization of the sync.
    """

    probe: Json | None
    controllers: tuple[ObjectRef, ...]
    kustomization: Json | None

    @property
    def applied(self) -> bool:
        """Whether the sync has applied the components already: then bootstrap need not."""
        return bool(((self.kustomization or {}).get("status") or {}).get("lastAppliedRevision"))


def controllers(deployments: Iterable[Json]) -> tuple[ObjectRef, ...]:
    """Those Deployments of Flux's controllers that want replicas, or still have some."""
    found = (ObjectRef.from_object(obj) for obj in deployments if is_controller(obj) and _runs(obj))
    return tuple(sorted(found, key=lambda ref: (ref.name != _FIRST, ref)))


def _runs(obj: Json) -> bool:
    wanted = (obj.get("spec") or {}).get("replicas")
    return wanted != 0 or bool((obj.get("status") or {}).get("readyReplicas"))


def check_path(found: Found, spec_path: str) -> None:
    """PathDiffers if the cluster follows another path: the new one would delete what that one has applied."""
    current = str(((found.kustomization or {}).get("spec") or {}).get("path") or "")
    if found.kustomization is not None and not same_path(current, spec_path):
        raise PathDiffers(
            f'sync path configuration ("{spec_path}") would overwrite path ("{printable(current)}") of '
            "existing Kustomization: give that --path, or delete the Kustomization first"
        )


def another_repository(found: Found, source: Json | None, url: str) -> str:
    """What must be agreed to where the cluster has applied another repository (its GitRepository is `source`)
    than the one at `url`; empty if it has not.
    """
    current = str(((source or {}).get("spec") or {}).get("url") or "")
    if source is None or not found.applied or not is_another(current, url):
        return ""
    return (
        f"This cluster follows {shown(current)}. Let it follow {shown(url)} in its place? "
        "What only the former has brought is deleted."
    )


def foreign_manager(found: Found) -> str:
    """What must be agreed to where another tool has installed Flux, empty if none has."""
    there = installed(found.probe)
    if there is None or there.managed_by in _OURS:
        return ""
    return (
        f"Flux {there.version} has been installed on this cluster with {there.managed_by}! "
        f"Are you sure you want to override the {there.managed_by} installation?"
    )


def running_flux(found: Found) -> str:
    """What must be agreed to where Flux runs, empty if it does not."""
    if not found.controllers:
        return ""
    names = ", ".join(f"{ref.namespace}/{ref.name}" for ref in found.controllers)
    return (
        f"Flux's own controllers run on this cluster ({names}). Scale them to 0 and let penstock take over? "
        "What they have applied stays as it is."
    )
