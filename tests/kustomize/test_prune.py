"""What becomes of objects that left the build (threats A-55, B-15, B-16)."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.api.kustomization import DeletionPolicy
from penstock.kustomize.owner import owner_labels
from penstock.kustomize.prune import Verdict, deletes_with_owner, judge, kind_is_gone

from tests.kustomize.builders import OWNER, config_map, ref

GROUP = "kustomize.toolkit.fluxcd.io"
OURS = owner_labels(OWNER)
ENTRY = ref("ConfigMap", "x", "default")


def _live(labels: dict[str, str], **rest: Any) -> dict[str, Any]:
    obj = config_map("x", labels=labels, **rest)
    obj["metadata"]["uid"] = "u1"
    return obj


@pytest.mark.parametrize(
    ("live", "verdict"),
    [
        (None, Verdict.GONE),
        (_live(OURS), Verdict.DELETE),
        (_live({}), Verdict.SKIP),
        (_live(OURS | {f"{GROUP}/name": "other"}), Verdict.SKIP),
        (_live(OURS, annotations={f"{GROUP}/prune": "Disabled"}), Verdict.SKIP),
        (_live(OURS | {f"{GROUP}/prune": "disabled"}), Verdict.SKIP),
        (_live(OURS, annotations={f"{GROUP}/reconcile": "disabled"}), Verdict.SKIP),
        (_live(OURS, annotations={f"{GROUP}/ssa": "Ignore"}), Verdict.SKIP),
        (_live(OURS, annotations={f"{GROUP}/prune": "enabled"}), Verdict.DELETE),
    ],
)
def test_only_what_is_ours_and_not_kept_is_deleted(live: dict[str, Any] | None, verdict: Verdict) -> None:
    found = judge(ENTRY, live, OWNER, served=True, gone=False)
    assert found.verdict is verdict
    assert found.uid == ("u1" if verdict is Verdict.DELETE else "")


@pytest.mark.parametrize(("gone", "verdict"), [(True, Verdict.GONE), (False, Verdict.UNKNOWN)])
def test_an_object_of_an_unknown_kind_is_gone_only_if_the_kind_is(gone: bool, verdict: Verdict) -> None:
    assert judge(ENTRY, None, OWNER, served=False, gone=gone).verdict is verdict


@pytest.mark.parametrize(
    ("listed", "defined", "registered", "gone"),
    [
        (True, False, False, True),  # the group is there and does not have it
        (True, True, False, False),  # its CRD is there, and not served yet or any more
        (False, True, True, False),  # the whole group is not shown, and its CRD says that it exists
        (False, True, False, False),
        (False, False, True, False),  # an API server that is registered for the group and says nothing
        (False, False, False, True),  # nothing stands for the group any more
    ],
)
def test_a_kind_is_gone_only_if_nothing_stands_for_it(
    listed: bool, defined: bool, registered: bool, gone: bool
) -> None:
    assert kind_is_gone(listed=listed, defined=defined, registered=registered) is gone


@pytest.mark.parametrize(
    ("policy", "prune", "deletes"),
    [
        (DeletionPolicy.MIRROR_PRUNE, True, True),
        (DeletionPolicy.MIRROR_PRUNE, False, False),
        (DeletionPolicy.DELETE, False, True),
        (DeletionPolicy.WAIT_FOR_TERMINATION, False, True),
        (DeletionPolicy.ORPHAN, True, False),
    ],
)
def test_the_deletion_policy_decides_unless_suspended(
    policy: DeletionPolicy, prune: bool, deletes: bool
) -> None:
    assert deletes_with_owner(policy, prune=prune, suspended=False) is deletes
    assert not deletes_with_owner(policy, prune=prune, suspended=True)
