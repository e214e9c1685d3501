"""What is made of what was seen: a mark, the facts, a remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.admission.flow import Probe
from penstock.api.crds import manifests
from penstock.base.clock import rfc3339
from penstock.install import checks
from penstock.install.checks import Line, State
from penstock.install.found import Installed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def told(lines: Line | Iterable[Line]) -> list[str]:
    found = (lines,) if isinstance(lines, Line) else lines
    return [f"{line.state} {line}" for line in found]


def crds(*, stored: tuple[str, ...] = ("v1",), release: str = "v2.9.4") -> list[Json]:
    found = list(manifests())
    for crd in found:
        crd["metadata"]["labels"]["app.kubernetes.io/version"] = release
        crd["status"] = {"storedVersions": list(stored)}
    return found


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("v1.37.2", "✔ Kubernetes 1.37.2 >=1.33.0-0"),
        ("v1.33.0-gke.100", "✔ Kubernetes 1.33.0-gke.100 >=1.33.0-0"),
        ("v2.0.0", "✔ Kubernetes 2.0.0 >=1.33.0-0"),
        ("v1.32.9", "✗ Kubernetes version v1.32.9 does not match >=1.33.0-0: upgrade the cluster"),
        ("v0.40.1", "✗ Kubernetes version v0.40.1 does not match >=1.33.0-0: upgrade the cluster"),
        ("unknown", "✗ Kubernetes version 'unknown' can't be determined"),
        ("", "✗ Kubernetes version '' can't be determined"),
    ],
)
def test_the_version_of_the_cluster_is_judged_as_flux_judges_it(version: str, line: str) -> None:
    assert told(checks.kubernetes(version)) == [line]


@given(st.text(max_size=60))
def test_whatever_a_server_calls_itself_gives_one_line(version: str) -> None:
    line = checks.kubernetes(version)
    assert str(line).isprintable()


def test_a_program_is_there_or_says_how_to_get_it() -> None:
    assert told(checks.tool("git", "2.39.5", "install it")) == ["✔ git 2.39.5"]
    assert told(checks.tool("git", "", "install it")) == ["✗ git is not there: install it"]


def test_rights_that_are_missing_are_named() -> None:
    assert told(checks.rights("you", [], "ask")) == ["✔ you may do what is needed"]
    assert told(checks.rights("you", ["list leases", "create events"], "ask")) == [
        "✗ you may not list leases; create events: ask"
    ]


def test_the_distribution_is_told_as_by_flux() -> None:
    assert told(checks.distribution(Installed("v2.9.4", "flux", bootstrapped=True))) == [
        "✔ distribution: flux-v2.9.4",
        "✔ bootstrapped: true",
    ]
    (line,) = checks.distribution(None)
    assert line.state is State.FAILED
    assert "penstock install" in line.remedy


def test_a_rival_is_named() -> None:
    assert checks.controllers(()).state is State.OK
    line = checks.controllers(("flux-system/source-controller",))
    assert line.state is State.FAILED
    assert "flux-system/source-controller" in line.text


def test_the_crds_are_told_with_the_version_that_is_stored() -> None:
    assert told(checks.definitions(crds())) == [
        "✔ gitrepositories.source.toolkit.fluxcd.io/v1",
        "✔ kustomizations.kustomize.toolkit.fluxcd.io/v1",
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "is not in the cluster"),
        (crds(stored=()), "no stored versions for"),
        (crds(stored=("v1beta2", "v1")), "has objects stored as v1beta2: `flux migrate`"),
        (crds(release="v2.8.1"), "is of v2.8.1, penstock has the API of v2.9.4"),
        (crds(release=""), "is of no release, penstock has the API of v2.9.4"),
    ],
)
def test_a_crd_that_is_not_as_it_should_be_says_what_to_do(found: list[Json], said: str) -> None:
    lines = list(checks.definitions(found))
    assert [line.state for line in lines] == [State.FAILED] * 2
    assert all(said in str(line) and line.remedy for line in lines)


def test_functions_that_do_not_answer_say_why() -> None:
    assert told(checks.functions("http://here", "")) == ["✔ the functions answer at http://here"]
    (line,) = told(checks.functions("http://here", "refused"))
    assert line.startswith("✗ the functions do not answer at http://here: refused: start them")


@pytest.mark.parametrize(
    ("status", "signed", "states"),
    [
        (202, True, "✔"),
        (401, True, "✗"),
        (500, True, "✗"),
        (401, False, "✔-"),
        (202, False, "✗-"),
    ],
)
def test_the_answer_to_a_ping_tells_whether_the_secret_is_the_same(
    status: int, signed: bool, states: str
) -> None:
    assert "".join(line.state for line in checks.webhook(status, signed=signed)) == states


@pytest.mark.parametrize(
    ("installed", "reached", "state"),
    [(False, False, State.SKIPPED), (True, True, State.OK), (True, False, State.FAILED)],
)
def test_a_hook_that_is_not_there_is_no_fault_and_one_that_is_not_reached_is(
    installed: bool, reached: bool, state: State
) -> None:
    found = Probe(installed=installed, reached=reached, address="https://here/admission/*****")
    line = checks.hook(found)
    assert (line.state, line.text) == (state, found.message)


@pytest.mark.parametrize(
    ("age_s", "state"), [(0, State.OK), (-30, State.OK), (120, State.OK), (121, State.FAILED)]
)
def test_a_tick_is_seen_within_the_time_that_it_may_take(age_s: int, state: State) -> None:
    assert checks.tick(rfc3339(NOW - timedelta(seconds=age_s)), NOW, 120).state is state


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-26T03:00:00"])
def test_a_tick_that_never_came_or_cannot_be_read_is_wrong(at: str) -> None:
    line = checks.tick(at, NOW, 120)
    assert line.state is State.FAILED
    assert line.remedy


def test_what_is_skipped_says_so_and_is_not_wrong() -> None:
    lines = [checks.ok("a"), checks.skipped("b: because")]
    assert told(lines) == ["✔ a", "- skipped: b: because"]
    assert checks.is_well(lines)
    assert not checks.is_well([*lines, checks.failed("c")])
