"""The parts of `penstock bootstrap`: what is told goes through the masker, and the hook goes where it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.admission.configuration import ref, secret_part
from penstock.admission.flow import remove
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.bootstrap.wanted import Receiver
from penstock.runtime.bootstrapping import ports_of
from penstock.runtime.wiring import Wiring

from tests.fakes.telling import FakeTell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.bootstrap.steps.ports import Ports
    from penstock.cluster.client import ApiCluster

TOKEN = "invoke-token-canary"


@pytest.fixture
def wiring(kubeconfig: Path) -> Iterator[Wiring]:
    env = {"PENSTOCK_KUBECONFIG": str(kubeconfig), "PENSTOCK_INVOKE_TOKEN": TOKEN}
    made = Wiring(read_settings(env, Role.CLIENT), {})
    yield made
    made.close()


def made(
    wiring: Wiring,
    receiver: Receiver | None,
    tell: FakeTell,
    asked: list[str] | None = None,
    seconds: float = 60,
) -> Ports:
    deadline = Deadline.after(SystemClock(), seconds)
    return ports_of(wiring, deadline, receiver, (asked if asked is not None else []).append, tell)


def test_the_hook_leads_to_the_receiver_and_it_is_said_whether_the_api_server_gets_there(
    wiring: Wiring, flux_cluster: ApiCluster
) -> None:
    tell = FakeTell()
    ports = made(wiring, Receiver("https://127.0.0.1:1"), tell, seconds=3)
    assert ports.hook is not None
    try:
        ports.hook(ports.tell)
        found = flux_cluster.get(ref(wiring.scope))
        assert found is not None
        url = f"https://127.0.0.1:1/admission/{secret_part(TOKEN)}"
        assert found["webhooks"][0]["clientConfig"]["url"] == url
    finally:
        assert remove(flux_cluster, wiring.scope)
    [line] = tell.lines
    assert line.startswith("⚠️ ")
    assert secret_part(TOKEN) not in line


def test_a_hook_that_cannot_be_put_there_is_told_and_ends_nothing(wiring: Wiring) -> None:
    tell = FakeTell()
    ports = made(wiring, Receiver("https://127.0.0.1:1"), tell, seconds=0)
    assert ports.hook is not None
    ports.hook(ports.tell)
    [line] = tell.lines
    assert line.startswith("⚠️ changes of Flux objects by hand may wait for the next tick: ")


@pytest.mark.parametrize("receiver", [None, Receiver("http://127.0.0.1:1")])
def test_without_an_https_address_there_is_no_hook(wiring: Wiring, receiver: Receiver | None) -> None:
    assert made(wiring, receiver, FakeTell()).hook is None


def test_no_secret_is_told_or_asked(wiring: Wiring) -> None:
    tell, asked = FakeTell(), list[str]()
    ports = made(wiring, None, tell, asked)
    for say in (
        *(ports.tell.action, ports.tell.generating, ports.tell.waiting),
        *(ports.tell.success, ports.tell.warning, ports.tell.failure),
    ):
        say(f"a {TOKEN} b")
    ports.ask(f"{TOKEN}?")
    assert tell.lines == [f"{mark} a ***** b" for mark in ("►", "✚", "◎", "✔", "⚠️", "✗")]
    assert asked == ["*****?"]
    assert ports.look is None
