from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.client.events import About, heads, is_flux, last_seen, parse_for, row, shown, source_events
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

from tests.client.objects import kustomization
from tests.client.test_ages import NOW

if TYPE_CHECKING:
    from penstock.api.objects import Json

EVERYTHING = (About(),)


def _event(kind: str = "Kustomization", name: str = "apps", at: str = "11:55:00", **rest: Any) -> Json:
    group = {"Kustomization": "kustomize", "GitRepository": "source"}.get(kind)
    api = f"{group}.toolkit.fluxcd.io/v1" if group else "apps/v1"
    moment = f"2026-03-01T{at}Z"
    return {
        "metadata": {"namespace": rest.pop("namespace", "flux-system")},
        "involvedObject": {"apiVersion": rest.pop("api", api), "kind": kind, "name": name},
        "type": "Normal",
        "reason": "Progressing",
        "message": "Service/apps/web created",
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        **rest,
    }


def test_a_row_is_fluxs() -> None:
    assert heads(namespace=False) == ("Last seen", "Type", "Reason", "Object", "Message")
    assert heads(namespace=True)[0] == "Namespace"
    cells = ("5m", "Normal", "Progressing", "Kustomization/apps", "Service/apps/web created")
    assert row(_event(), NOW, namespace=False) == cells
    assert row(_event(), NOW, namespace=True) == ("flux-system", *cells)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (_event(), "5m"),
        (_event(count=3, lastTimestamp="2026-03-01T11:59:50Z"), "10s (x3 over 5m)"),
        (_event(eventTime="2026-03-01T11:59:00.000000Z"), "60s"),
        (_event(series={"count": 7, "lastObservedTime": "2026-03-01T11:59:58.5Z"}), "1s (x7 over 5m)"),
        (_event(firstTimestamp=None), "<unknown>"),
    ],
)
def test_when_an_event_was_seen_last(event: Json, text: str) -> None:
    assert last_seen(event, NOW) == text


def test_they_are_in_the_order_in_which_they_were_seen_last() -> None:
    found = [
        _event(name="c", at="11:00:00", series={"count": 2, "lastObservedTime": "2026-03-01T11:59:00Z"}),
        _event(name="b", at="11:30:00"),
        _event(name="a", at="11:00:00"),
        _event(name="old", lastTimestamp=None),
        _event(name="d", lastTimestamp=None, eventTime="2026-03-01T11:59:30.000000Z"),
    ]
    assert [one["involvedObject"]["name"] for one in shown(found, EVERYTHING, ())] == [
        "old",
        "a",
        "b",
        "c",
        "d",
    ]


def test_those_of_the_same_second_are_in_the_order_in_which_they_were_written() -> None:
    found = [_event(name=name) for name in ("c", "a", "b", "x", "y")]
    for one, version in zip(found, ("101", "9", "10", None, "odd"), strict=True):
        one["metadata"]["resourceVersion"] = version
    names = [one["involvedObject"]["name"] for one in shown(found, EVERYTHING, ())]
    assert names == ["x", "y", "a", "b", "c"]


@pytest.mark.parametrize(
    ("event", "flux"),
    [
        (_event(), True),
        (_event("GitRepository"), True),
        (_event("Provider", api="notification.toolkit.fluxcd.io/v1beta3"), True),
        (_event("HelmRelease", api="helm.toolkit.fluxcd.io/v2"), True),
        (_event("Kustomization", api=""), True),
        (_event("Provider", api="pkg.crossplane.io/v1"), False),
        (_event("Deployment"), False),
    ],
)
def test_only_events_of_fluxs_objects_are_shown(event: Json, flux: bool) -> None:
    assert is_flux(event) is flux
    assert bool(shown([event], EVERYTHING, ())) is flux


@pytest.mark.parametrize(
    ("about", "types", "names"),
    [
        (About(), (), ["apps", "web", "apps", "fleet"]),
        (About("Kustomization"), (), ["apps", "web", "apps"]),
        (About("Kustomization", "apps"), (), ["apps", "apps"]),
        (About("Kustomization", "apps", "flux-system"), (), ["apps"]),
        (About("", "", "team"), (), ["apps"]),
        (About(), ("warning",), ["web"]),
        (About(), ("Warning", "normal"), ["apps", "web", "apps", "fleet"]),
    ],
)
def test_kind_name_namespace_and_type_choose(about: About, types: tuple[str, ...], names: list[str]) -> None:
    found = [
        _event(at="11:00:00"),
        _event(name="web", at="11:00:01", type="Warning"),
        _event(at="11:00:02", namespace="team"),
        _event("GitRepository", "fleet", "11:00:03"),
    ]
    assert [one["involvedObject"]["name"] for one in shown(found, [about], types)] == names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Kustomization/apps", (KUSTOMIZATION, "apps")),
        ("gitrepository/fleet", (GIT_REPOSITORY, "fleet")),
        ("Kustomization", (KUSTOMIZATION, "")),
        ("Kustomization/", (KUSTOMIZATION, "")),
    ],
)
def test_the_object_is_read(text: str, wanted: object) -> None:
    assert parse_for(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must be of format <kind>"),
        ("/apps", "must be of format <kind>"),
        ("Kustomization/a/b", "must be of format <kind>"),
        ("Deployment/web", "'Deployment' is not a recognized Flux kind"),
    ],
)
def test_what_names_no_flux_object_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_for(text)


def test_the_events_of_the_source_belong_to_it() -> None:
    assert source_events(kustomization()) == About("GitRepository", "fleet", "flux-system")
    assert source_events(kustomization(spec={"sourceRef": {}})) is None
