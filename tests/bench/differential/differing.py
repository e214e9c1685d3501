"""What the examples of rules are made of: differences, and worlds in which they are seen."""

from __future__ import annotations

from bench.differential.compare import Difference
from bench.differential.rules import APPS, SOURCE, Seen

READY = "status.conditions.Ready.message"
OWNER = "owner(kustomize-controller Apply)"
NOTHING = Seen({}, {})
HELD = Seen({APPS: {READY: "Applied revision: r"}}, {APPS: {READY: "deletion held at revision r: x"}})
FETCH_FAILED = Seen({}, {SOURCE: {"status.conditions.FetchFailed.status": "True"}})
_NO_MATCH = {READY: 'Widget/w dry-run failed: no matches for kind "Widget" in version "x/v1"'}
PARKED = Seen({APPS: _NO_MATCH}, {APPS: _NO_MATCH})
_INVALID = {READY: "Deployment/ns/web dry-run failed (Invalid): no"}
FORCED = Seen({APPS: _INVALID}, {APPS: _INVALID})
BAD = {"status.conditions.Ready.status": "False"}
FAILED = Seen({APPS: BAD}, {APPS: {**BAD, "status.inventory": "there"}})
CONTROLLER = Seen({}, {"Deployment/x": {"metadata.labels[app.kubernetes.io/part-of]": "flux"}})
NAMELESS = Seen(
    {APPS: {READY: "Applied revision: r"}},
    {APPS: {READY: "failed to decode Kubernetes apiVersion, kind and name from object 1"}},
)
GIVEN_UP = Seen(
    {APPS: {READY: "replace operation does not apply: doc is missing key: /data/a: missing value"}},
    {APPS: {READY: "Applied revision: r"}},
)
_READY = {APPS: {"status.conditions.Ready.reason": "ReconciliationSucceeded"}}
ENDS_READY = Seen(_READY, _READY)
LATER = Seen({}, {}, frozenset({"partial-inventory"}))
ZEROES = Seen({}, {"Deployment/web": {"spec.containers[0].name": "x", "spec.replicas": "2"}})
ARCHIVE = "gitrepository/ns/fleet/"
FLUX_FILE, OUR_FILE = f"{ARCHIVE}{'a' * 40}.tar.gz", f"{ARCHIVE}{'b' * 64}.tar.gz"
GIT = "failed to checkout and determine revision: unable to list remote for 'http://x': "


def differs(
    where: str, path: str, flux: str, penstock: str, step: str = "change", fleet: str = "fleet"
) -> Difference:
    """A difference at a step of a fleet."""
    return Difference(fleet, step, where, path, flux, penstock)
