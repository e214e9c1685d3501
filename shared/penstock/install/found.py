"""What is in a cluster already, by the marks of Flux's CLI, and what stands against installing. Pure.

Source: flux2 cluster_info.go (contract C9): the CRD of GitRepository is the probe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.gitrepository import DEFINITION as GIT_REPOSITORY
from penstock.api.objects import labels_of
from penstock.api.refs import definition
from penstock.base.errors import Terminal
from penstock.base.text import printable
from penstock.install.components import FLUX, PART_OF, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json

PROBE = definition(GIT_REPOSITORY.name)
"""The CRD that tells whether Flux's kinds are there, of which release, and how they came."""
_MANAGED_BY = "app.kubernetes.io/managed-by"
_BOOTSTRAPPED = "kustomize.toolkit.fluxcd.io/namespace"
_LONGEST = 64


@dataclass(frozen=True)
class Installed:
    """Flux's kinds in a cluster: the release, what they are part of, who brought them.

    `bootstrapped`: a Kustomization applied them from a repository.
    """

    version: str
    part_of: str = ""
    managed_by: str = ""
    bootstrapped: bool = False

    @property
    def distribution(self) -> str:
        """As flux shows it: `flux-v2.9.4`."""
        return f"{self.part_of}-{self.version}" if self.part_of else self.version


def installed(probe: Json | None) -> Installed | None:
    """What the probe's CRD says; None if it is not there."""
    if probe is None:
        return None
    labels = {key: printable(str(value), _LONGEST) for key, value in labels_of(probe).items()}
    return Installed(
        labels.get(VERSION, ""), labels.get(PART_OF, ""), labels.get(_MANAGED_BY, ""), _BOOTSTRAPPED in labels
    )


@dataclass(frozen=True)
class Question:
    """What is asked, and why."""

    why: str
    asked: str


def question(found: Installed | None, running: Sequence[str], *, stubs: bool) -> Question | None:
    """What a person must agree to before anything is written; None if nothing stands in the way.

    `running` are Flux's own controllers that have ready replicas. Terminal where agreeing would not help.
    """
    if found is not None and found.bootstrapped:
        raise Terminal(
            f"this cluster has already been bootstrapped with Flux {found.version}! "
            "Use `penstock bootstrap` with the same repository: it takes over, or brings up to date"
        )
    if running and not stubs:
        raise Terminal(
            f"Flux's own controllers run ({', '.join(running)}): scale them to 0 first, as two reconcilers "
            "must not work on one cluster; without --no-stubs `penstock install` does that"
        )
    if running:
        return Question(
            f"Flux's own controllers run ({', '.join(running)})",
            "Scale them to 0 and let penstock take over? What they have applied stays as it is.",
        )
    if found is not None and found.managed_by not in {"", FLUX}:
        return Question(
            f"Flux {found.version} has been installed on this cluster with {found.managed_by}!",
            f"Are you sure you want to override the {found.managed_by} installation?",
        )
    return None
