"""A look with the bucket on Cloud Storage, which goes away in the middle of it (threats B-05, B-20)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.base.limits import Limits
from penstock.store.artifacts import Artifacts

from tests.source.test_flow_concurrency import _converged
from tests.source.world import TWO, World
from tests.store.cloud import CloudProxy, cloud_bucket, make_place
from tests.support.http_proxy import reset, reset_after

if TYPE_CHECKING:
    from tests.support.http_proxy import Fault


@pytest.mark.parametrize("fault", [reset, reset_after])
def test_the_bucket_may_go_away_at_any_request_and_the_pointer_never_dangles(
    gcs_emulator: str, fault: Fault
) -> None:
    with CloudProxy(gcs_emulator) as proxy:
        for k in range(40):
            place = make_place(gcs_emulator)
            world = World(bucket=cloud_bucket(proxy.url, place, patience_s=0.05))
            world.fetch()
            world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
            proxy.seen.clear()
            proxy.fail(fault, after=k)
            with suppress(PenstockError):
                world.fetch(keep_count=1, keep_seconds=0)
            reached = len(proxy.seen) > k
            proxy.heal()
            artifact = world.status()["artifact"]
            stored = Artifacts(cloud_bucket(gcs_emulator, place), Limits())
            assert stored.intact(artifact["path"], artifact["digest"])
            world.fetch()
            _converged(world)
            if not reached:
                assert k > 8
                return
    pytest.fail("the flow made more requests than expected")
