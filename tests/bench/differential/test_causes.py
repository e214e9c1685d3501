"""Differences that follow from another outcome that is meant."""

from __future__ import annotations

import pytest

from bench.differential.causes import OUTCOMES, standing
from bench.differential.compare import ABSENT, THERE, WHOLE, Difference
from bench.differential.meant import entry
from bench.differential.rules import APPS, APPS_EVENTS, SOURCE, Seen
from tests.bench.differential.differing import (
    FAILED,
    GIVEN_UP,
    HELD,
    LATER,
    NAMELESS,
    NOTHING,
    PARKED,
    READY,
    differs,
)

APPLIED = {APPS: {READY: "Applied revision: r"}}


def history(flux: str, penstock: str) -> Seen:
    """Worlds with these revisions in their histories, the newest first, after a build without a name."""
    shown, ours = (
        {APPS: {f"status.history[{index}].metadata.revision": one for index, one in enumerate(revisions)}}
        for revisions in (flux, penstock)
    )
    return Seen(shown, ours, frozenset({"nameless"}))


MEANT = [
    ("ignored-given-up", differs("ConfigMap/map", "data.b", "1", "2"), GIVEN_UP),
    ("ignored-given-up", differs(APPS, "status.lastAppliedRevision", "a", "b"), GIVEN_UP),
    ("unknown-kinds", differs("ConfigMap/x", WHOLE, ABSENT, THERE), PARKED),
    ("unknown-kinds", differs(APPS_EVENTS, "Warning ReconciliationFailed", "x", "y"), PARKED),
    ("partial-inventory", differs(APPS, "status.inventory[a]", ABSENT, "v1"), FAILED),
    ("partial-inventory", differs("Namespace/x", "status.phase", "Active", "Terminating", "delete"), LATER),
    ("partial-inventory", differs("ConfigMap/x", WHOLE, THERE, ABSENT, "delete"), LATER),
    ("brake", differs(APPS, "status.conditions.Stalled.status", ABSENT, "True"), HELD),
    ("brake", differs("ConfigMap/one", WHOLE, ABSENT, THERE), HELD),
    (
        "brake",
        differs(APPS, "status.history[1].lastReconciledStatus", "a", "b"),
        Seen({}, {}, frozenset({"brake"})),
    ),
    (
        "numeric-names",
        differs(APPS, "status.conditions.Ready.status", "True", "False"),
        Seen(APPLIED, {APPS: {READY: "object 1: metadata.name is no text"}}),
    ),
    (
        "server-fields",
        differs("ConfigMap/one", WHOLE, ABSENT, THERE),
        Seen({APPS: {READY: "uid mismatch: the provided object specified uid 1"}}, APPLIED),
    ),
    (
        "numeric-annotations",
        differs(APPS_EVENTS, "Normal BuildFailed", ABSENT, "a deleted", "delete"),
        Seen({}, {}, frozenset({"numeric-annotations"})),
    ),
    (
        "numeric-annotations",
        differs(APPS, "status.conditions.Ready.reason", "ReconciliationFailed", "BuildFailed"),
        Seen(
            {APPS: {READY: "x dry-run failed: failed to create typed patch object (x): errors"}},
            {APPS: {READY: "object 1: metadata.annotations has a value that is no text"}},
        ),
    ),
    ("nameless", differs("ConfigMap/one", WHOLE, ABSENT, THERE), NAMELESS),
    (
        "nameless",
        differs(APPS, "status.history[1].digest", "<build 1>", "<build 2>"),
        history("abc", "ac"),
    ),
    (
        "nameless",
        differs(APPS, "status.history[4].metadata.revision", "e", "f"),
        history("abcde", "acdef"),
    ),
]
OTHERWISE = [
    (
        "a build that Flux has not made",
        differs(APPS, "status.history[1].digest", "<build 1>", "<build 2>"),
        history("ac", "abc"),
    ),
    (
        "an old build that Flux has room for",
        differs(APPS, "status.history[2].digest", ABSENT, "<build 1>"),
        history("ab", "abc"),
    ),
    (
        "a build that is refused by both",
        differs(APPS, "status.history[0].digest", "<build 2>", "<build 1>"),
        Seen({}, {}, frozenset({"numeric-annotations"})),
    ),
    (
        "an object that only Flux has where a kind is unknown",
        differs("ConfigMap/x", WHOLE, THERE, ABSENT),
        PARKED,
    ),
    ("another event where a kind is unknown", differs(APPS_EVENTS, "Normal Held", ABSENT, "x"), PARKED),
    (
        "a Pod's end after a failure",
        differs("Pod/x", "metadata.deletionTimestamp", ABSENT, "<time>", "delete"),
        LATER,
    ),
    (
        "an object after a failure of both",
        differs("ConfigMap/one", WHOLE, ABSENT, THERE),
        Seen({APPS: {READY: "no"}}, {APPS: {READY: "object 1: metadata.name is no text"}}),
    ),
    ("other data where Flux is content", differs("ConfigMap/map", "data.b", "1", "2"), NOTHING),
    ("labels where Flux gives up", differs("ConfigMap/map", "metadata.labels[a]", "1", "2"), GIVEN_UP),
    ("data where an object has no name", differs("ConfigMap/map", "data.b", "1", "2"), NAMELESS),
    ("a Service where a kind is unknown", differs("Service/x", WHOLE, ABSENT, THERE), PARKED),
    ("more in the inventory after a success", differs(APPS, "status.inventory[a]", ABSENT, "v1"), NOTHING),
    (
        "an object that goes without a failure",
        differs("ConfigMap/x", WHOLE, THERE, ABSENT, "delete"),
        NOTHING,
    ),
    ("an object that goes at another step", differs("ConfigMap/x", WHOLE, THERE, ABSENT), LATER),
    ("less in the inventory after a failure", differs(APPS, "status.inventory[a]", "v1", ABSENT), FAILED),
    ("nothing is held", differs("ConfigMap/one", WHOLE, ABSENT, THERE), NOTHING),
    ("data that differ while something is held", differs("ConfigMap/one", "data.a", "1", "2"), HELD),
    (
        "an artifact that differs while something is held",
        differs(SOURCE, "status.artifact.revision", "1", "2"),
        HELD,
    ),
    (
        "the outcome of a later step",
        differs(APPS, "status.conditions.Ready.status", "True", "False"),
        Seen({}, {}, frozenset({"brake"})),
    ),
    (
        "another outcome",
        differs(APPS, "status.conditions.Ready.reason", "BuildFailed", "ReconciliationFailed"),
        NOTHING,
    ),
    (
        "a failed run that told of deletions",
        differs(APPS_EVENTS, "Normal BuildFailed", ABSENT, "a deleted"),
        Seen({}, {}, frozenset({"numeric-annotations"})),
    ),
    (
        "an object without a name for both",
        differs("ConfigMap/one", WHOLE, ABSENT, THERE),
        Seen(NAMELESS.penstock, NAMELESS.penstock),
    ),
    (
        "another history",
        differs(APPS, "status.history[1].digest", "<build 1>", "<build 2>"),
        Seen({}, {}, frozenset({"brake"})),
    ),
    ("another generation", differs(APPS, "status.observedGeneration", "2", "1"), NOTHING),
]


@pytest.mark.parametrize(("wanted", "found", "seen"), MEANT)
def test_what_is_meant_is_known_by_its_entry(wanted: str, found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == wanted


@pytest.mark.parametrize(("found", "seen"), [row[1:] for row in OTHERWISE], ids=[row[0] for row in OTHERWISE])
def test_what_is_not_meant_is_not_explained(found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == ""


def test_every_entry_has_an_example_here() -> None:
    assert {row[0] for row in MEANT} == {rule.id for rule in OUTCOMES}


def test_a_cause_stands_from_the_step_on_that_shows_it() -> None:
    assert standing(NOTHING) == frozenset()
    assert standing(FAILED) == frozenset({"partial-inventory"})
    assert standing(HELD) == standing(Seen({}, {}, standing(HELD))) == frozenset({"brake"})
