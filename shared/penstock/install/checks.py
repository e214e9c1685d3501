"""What `penstock check` makes of what it saw: one line each, with the remedy where something is wrong. Pure.

Source: flux2 check.go for the words and the versions; contract section 2, rows `check --pre` and `check`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from penstock.api.crd import FLUX_VERSION
from penstock.api.crds import DEFINITIONS
from penstock.api.objects import labels_of, metadata
from penstock.base.clock import parse_rfc3339
from penstock.base.text import printable
from penstock.install.components import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from penstock.api.crd import Definition
    from penstock.api.objects import Json
    from penstock.install.found import Installed

LEAST_KUBERNETES = (1, 33)
"""As flux v2.9 demands."""
_CONSTRAINT = ">=1.33.0-0"
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})")
_LONGEST = 200
_INSTALL = "`penstock install`, or `penstock bootstrap`, brings them"


class State(StrEnum):
    """How a check ended; the value is the mark in front of its line."""

    OK = "✔"
    FAILED = "✗"
    SKIPPED = "-"


class Probed(Protocol):
    """What penstock.admission.flow.probe gives."""

    @property
    def installed(self) -> bool:
        """Whether there is a hook."""

    @property
    def reached(self) -> bool:
        """Whether the API server reaches it."""

    @property
    def message(self) -> str:
        """What a person is told."""


@dataclass(frozen=True)
class Line:
    """One check: how it ended, what was seen, and what to do about it."""

    state: State
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"skipped: {self.text}" if self.state is State.SKIPPED else self.text
        return f"{text}: {self.remedy}" if self.remedy else text


def ok(text: str) -> Line:
    """Seen to be well."""
    return Line(State.OK, text)


def failed(text: str, remedy: str = "") -> Line:
    """Seen to be wrong."""
    return Line(State.FAILED, text, remedy)


def skipped(text: str) -> Line:
    """Not looked at, and why."""
    return Line(State.SKIPPED, text)


def tool(name: str, version: str, remedy: str) -> Line:
    """A program: its version, empty if it is not there."""
    return ok(f"{name} {printable(version, _LONGEST)}") if version else failed(f"{name} is not there", remedy)


def kubernetes(version: str) -> Line:
    """The API server's version, `v1.37.2` with whatever a provider adds."""
    found = _VERSION.match(version)
    if found is None:
        return failed(f"Kubernetes version {printable(version, _LONGEST)!r} can't be determined")
    if (int(found[1]), int(found[2])) < LEAST_KUBERNETES:
        return failed(
            f"Kubernetes version {printable(version, _LONGEST)} does not match {_CONSTRAINT}",
            "upgrade the cluster",
        )
    return ok(f"Kubernetes {printable(version.removeprefix('v'), _LONGEST)} {_CONSTRAINT}")


def rights(who: str, refused: Sequence[str], remedy: str) -> Line:
    """What of the rights that are needed somebody does not have."""
    if refused:
        return failed(f"{who} may not {'; '.join(refused)}", remedy)
    return ok(f"{who} may do what is needed")


def distribution(found: Installed | None) -> Iterator[Line]:
    """Which release's kinds are there, and whether a repository brought them."""
    if found is None:
        yield failed("Flux's kinds are not in the cluster", _INSTALL)
        return
    yield ok(f"distribution: {found.distribution or 'unknown'}")
    yield ok(f"bootstrapped: {str(found.bootstrapped).lower()}")


def controllers(running: Sequence[str]) -> Line:
    """Whether Flux's own controllers leave the cluster to penstock."""
    if running:
        return failed(
            f"Flux's own controllers run: {', '.join(running)}; penstock stands down",
            "`penstock bootstrap` scales them to 0 and takes over, or let Flux do the work",
        )
    return ok("Flux's own controllers are absent or have 0 replicas")


def definitions(crds: Iterable[Json]) -> Iterator[Line]:
    """The CRDs of the kinds that are built: there, of our release, and no other version stored."""
    found = {str(metadata(crd).get("name")): crd for crd in crds}
    for definition in DEFINITIONS:
        crd = found.get(definition.name)
        if crd is None:
            yield failed(f"{definition.name} is not in the cluster", _INSTALL)
        else:
            yield _definition(definition, crd)


def _definition(wanted: Definition, crd: Json) -> Line:
    stored = [str(version) for version in (crd.get("status") or {}).get("storedVersions") or ()]
    release = labels_of(crd).get(VERSION, "")
    others = [version for version in stored if version != wanted.version]
    if not stored:
        return failed(f"no stored versions for {wanted.name}", "look at its conditions: kubectl describe crd")
    if others:
        return failed(
            f"{wanted.name} has objects stored as {printable(', '.join(others), _LONGEST)}",
            "`flux migrate` writes them anew as the version that is served",
        )
    if release != FLUX_VERSION:
        said = printable(release, _LONGEST) or "no release"
        return failed(
            f"{wanted.name} is of {said}, penstock has the API of {FLUX_VERSION}",
            "`penstock install`, or `penstock bootstrap`, brings it up to date",
        )
    return ok(f"{wanted.name}/{stored[-1]}")


def functions(url: str, problem: str) -> Line:
    """Whether the functions answer at their address; `problem` says why not."""
    if problem:
        return failed(
            f"the functions do not answer at {url}: {printable(problem, _LONGEST)}",
            "start them (`penstock serve`), or name where they are: --receiver-url, PENSTOCK_RECEIVER_URL",
        )
    return ok(f"the functions answer at {url}")


def webhook(status: int, *, signed: bool) -> Iterator[Line]:
    """What the webhook answered to a ping: signed with the secret that is set here, or not signed at all."""
    if not signed:
        if status == 401:
            yield ok("the webhook takes signed deliveries only")
        else:
            yield failed(f"the webhook answered {status} to a delivery without a signature", "see its log")
        yield skipped("whether the webhook has your secret: PENSTOCK_WEBHOOK_SECRET is not set here")
    elif status == 202:
        yield ok("the webhook takes what is signed with PENSTOCK_WEBHOOK_SECRET")
    elif status == 401:
        yield failed(
            "the webhook does not take what is signed with the PENSTOCK_WEBHOOK_SECRET that is set here",
            "give both the same secret, and the forge",
        )
    else:
        yield failed(f"the webhook answered {status} to a ping", "see its log")


def tick(at: str, now: datetime, allowed_s: float) -> Line:
    """Whether a tick has looked at everything lately; `at` is empty if none ever has."""
    remedy = "see the log of `tick` (or `penstock serve`), and that its scheduler runs"
    if not at:
        return failed("no tick has ever come to its end for this cluster and bucket", remedy)
    try:
        age_s = (now - parse_rfc3339(at)).total_seconds()
    except ValueError:
        return failed("the record of the last tick cannot be read", remedy)
    if age_s > allowed_s:
        return failed(f"the last tick was {age_s:.0f} s ago, {allowed_s:.0f} s are allowed", remedy)
    return ok(f"the last tick was {max(age_s, 0):.0f} s ago")


def hook(probed: Probed) -> Line:
    """Whether the API server reaches the admission hook; without one everything happens at the next tick."""
    if not probed.installed:
        return skipped(probed.message)
    return ok(probed.message) if probed.reached else failed(probed.message)


def is_well(lines: Iterable[Line]) -> bool:
    """Whether nothing is wrong."""
    return all(line.state is not State.FAILED for line in lines)
