"""The event as a value and as a core/v1 Event."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.notify.event import (
    MESSAGE_CHARACTERS,
    Event,
    Severity,
    core_event,
    counted_again,
    event_about,
)

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def kustomization(name: str = "apps", **annotations: str) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "flux-system",
        "uid": "u-1",
        "resourceVersion": "7",
        "annotations": annotations,
    }
    return {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata}


def made(severity: Severity = Severity.INFO, message: str = "Applied", **more: Any) -> Event:
    about = more.pop("about", kustomization())
    return event_about(
        about, severity, "Progressing", message, controller="kustomize-controller", at=NOON, **more
    )


def test_a_core_event_has_what_the_flux_cli_reads() -> None:
    metadata = {"revision": "main@sha1:abc", "commit_status": "update"}
    assert core_event(made(metadata=metadata)) == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": core_event(made(metadata=metadata))["metadata"]["name"],
            "namespace": "flux-system",
            "annotations": {
                "kustomize.toolkit.fluxcd.io/commit_status": "update",
                "kustomize.toolkit.fluxcd.io/revision": "main@sha1:abc",
            },
        },
        "involvedObject": {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "name": "apps",
            "namespace": "flux-system",
            "uid": "u-1",
            "resourceVersion": "7",
        },
        "type": "Normal",
        "reason": "Progressing",
        "message": "Applied",
        "source": {"component": "kustomize-controller"},
        "reportingComponent": "kustomize-controller",
        "reportingInstance": "",
        "firstTimestamp": "2030-01-01T12:00:00Z",
        "lastTimestamp": "2030-01-01T12:00:00Z",
        "count": 1,
    }


@pytest.mark.parametrize(
    ("severity", "kind"),
    [(Severity.INFO, "Normal"), (Severity.TRACE, "Normal"), (Severity.ERROR, "Warning")],
)
def test_only_errors_are_warnings(severity: Severity, kind: str) -> None:
    assert core_event(made(severity))["type"] == kind


def test_annotations_for_events_travel_along_and_others_stay() -> None:
    about = kustomization(**{"event.toolkit.fluxcd.io/team": "a", "example.com/other": "b"})
    assert made(about=about).metadata == (("event.toolkit.fluxcd.io/team", "a"),)


def test_the_object_s_own_annotation_wins_over_metadata_as_with_flux() -> None:
    about = {
        **kustomization(**{"event.toolkit.fluxcd.io/x": "own"}),
        "apiVersion": "event.toolkit.fluxcd.io/v1",
    }
    assert made(about=about, metadata={"x": "given"}).metadata == (("event.toolkit.fluxcd.io/x", "own"),)


def test_an_object_without_namespace_is_told_about_in_default() -> None:
    about = kustomization()
    del about["metadata"]["namespace"]
    body = core_event(made(about=about))
    assert body["metadata"]["namespace"] == "default"
    assert "namespace" not in body["involvedObject"]


def test_metadata_of_a_core_object_keeps_its_short_keys() -> None:
    about = {**kustomization(), "apiVersion": "v1"}
    assert made(about=about, metadata={"revision": "r"}).metadata == (("revision", "r"),)


def test_lines_are_kept_and_long_or_strange_text_is_cut() -> None:
    assert made(message="a\nb\x1b[31m").message == "a\nb[31m"
    assert len(made(message="x" * 50_000).message) == MESSAGE_CHARACTERS


def test_equal_events_share_a_name_within_a_window() -> None:
    first = core_event(made())["metadata"]["name"]
    assert core_event(replace(made(), at=NOON + timedelta(seconds=299)))["metadata"]["name"] == first
    others = (
        replace(made(), at=NOON + timedelta(seconds=300)),
        replace(made(), uid="u-2"),
        replace(made(), reason="Other"),
        replace(made(), message="Other"),
        replace(made(), severity=Severity.ERROR),
        replace(made(), metadata=(("a", "b"),)),
    )
    names = {core_event(other)["metadata"]["name"] for other in others}
    assert len(names | {first}) == len(others) + 1


@given(st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", fullmatch=True))
def test_the_name_is_one_that_kubernetes_takes_whatever_the_object_is_called(name: str) -> None:
    found = core_event(made(about=kustomization(name)))["metadata"]["name"]
    assert len(found) <= 253
    if DNS_SUBDOMAIN.fullmatch(name):
        assert DNS_SUBDOMAIN.fullmatch(found)


@pytest.mark.parametrize(
    ("stored", "count"), [({"count": 4}, 5), ({}, 2), ({"count": None}, 2), ({"count": 0}, 2)]
)
def test_an_event_is_counted_once_more(stored: dict[str, Any], count: int) -> None:
    assert counted_again(stored, made()) == {"count": count, "lastTimestamp": "2030-01-01T12:00:00Z"}
