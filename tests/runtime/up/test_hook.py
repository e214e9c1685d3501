from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.admission.configuration import address, ref
from penstock.admission.flow import Probe, ensure
from penstock.admission.review import Scope
from penstock.api.refs import ObjectRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import Transient
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.cluster.errors import Forbidden
from penstock.runtime.up.hook import ask, prove, take_away
from penstock.runtime.wiring import Wiring

from tests.admission.reviews import flux_object
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.runtime.processes import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster


@pytest.fixture
def wiring(kubeconfig: Path, tmp_path: Path, namespace: str) -> Wiring:
    env = {
        "PENSTOCK_WEBHOOK_SECRET": "hook-canary",
        "PENSTOCK_INVOKE_TOKEN": "invoke-canary",
        "PENSTOCK_BUCKET": str(tmp_path / "bucket"),
        "PENSTOCK_QUEUE": str(tmp_path / "queue"),
        "PENSTOCK_KUBECONFIG": str(kubeconfig),
        "PENSTOCK_NAMESPACES": namespace,
    }
    return Wiring(read_settings(env, Role.SERVE), {}, stream=io.StringIO())


def seconds(number: float) -> Deadline:
    return Deadline.after(SystemClock(), number)


def test_a_hook_that_leads_nowhere_is_taken_away_again(flux_api: ApiCluster, wiring: Wiring) -> None:
    ensure(flux_api, address(f"https://127.0.0.1:{free_port()}", "token"), "", wiring.scope)
    found = prove(wiring.cluster, wiring.scope, seconds(0))
    assert (found.installed, found.reached) == (True, False)
    assert flux_api.get(ref(wiring.scope)) is None


def test_a_hook_that_is_not_there_yet_is_waited_for(flux_api: ApiCluster, wiring: Wiring) -> None:
    url = address(f"https://127.0.0.1:{free_port()}", "token")
    pauses: list[float] = []

    def pause(length: float) -> None:
        pauses.append(length)
        if len(pauses) == 3:
            ensure(flux_api, url, "", wiring.scope)

    assert prove(wiring.cluster, wiring.scope, seconds(1), pause).installed
    assert len(pauses) == 3
    assert not prove(wiring.cluster, wiring.scope, seconds(0), pause).installed


def test_where_we_may_not_put_a_hook_there_is_none() -> None:
    cluster = FakeCluster()
    ensure(cluster, address("https://127.0.0.1:1", "token"), "")
    cluster.fail(Forbidden("no"), lambda call: call.ref.kind == "ValidatingWebhookConfiguration")
    assert prove(cluster, Scope(), seconds(1)) == Probe(installed=False)


def test_whoever_asks_and_hears_nothing_is_told() -> None:
    cluster = FakeCluster()
    obj = flux_object("Kustomization", "web")
    cluster.seed(obj)
    with pytest.raises(Transient, match="was not looked at"):
        ask(cluster, ObjectRef.from_object(obj), "now", Deadline.after(FakeClock(), 1))


def test_a_hook_that_cannot_be_taken_away_now_is_told_and_nothing_else_fails(
    flux_api: ApiCluster, wiring: Wiring, tmp_path: Path
) -> None:
    ensure(flux_api, address("https://127.0.0.1:1", "token"), "", wiring.scope)
    take_away(wiring)
    assert flux_api.get(ref(wiring.scope)) is None
    stream, lost = io.StringIO(), tmp_path / "kubeconfig"
    kubeconfig = wiring.settings.kubeconfig
    assert kubeconfig is not None
    lost.write_text(re.sub(r"server: .*", f"server: https://127.0.0.1:{free_port()}", kubeconfig.read_text()))
    take_away(Wiring(replace(wiring.settings, kubeconfig=lost), {}, stream=stream))
    assert "the admission hook stays" in stream.getvalue()
