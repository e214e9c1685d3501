from __future__ import annotations

import threading

import pytest
from penstock.api.lease import ClaimKey
from penstock.api.refs import git_repository
from penstock.api.work import Function
from penstock.queue.claims import Busy, LocalClaims

PODINFO = ClaimKey(Function.APPLY, git_repository("apps", "podinfo"))


def test_a_claim_is_held_by_one_at_a_time() -> None:
    claims = LocalClaims(patience_s=0)
    with claims.hold(PODINFO):
        with (
            pytest.raises(Busy, match="GitRepository/apps/podinfo"),
            claims.hold(PODINFO),
        ):
            pytest.fail("held twice")
        with claims.hold(ClaimKey(Function.APPLY, git_repository("apps", "other"))):
            pass


def test_a_claim_is_free_again_after_a_failure() -> None:
    claims = LocalClaims(patience_s=0)
    with pytest.raises(ZeroDivisionError), claims.hold(PODINFO):
        _ = 1 / 0
    with claims.hold(PODINFO):
        pass


def test_the_patient_get_it_as_soon_as_it_is_free() -> None:
    claims = LocalClaims(patience_s=60)
    waiting, done = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        with claims.hold(PODINFO):
            done.set()

    with claims.hold(PODINFO):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        assert not done.is_set()
    thread.join(30)
    assert done.is_set()
