"""Which differences are meant, and that the page says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.differential.causes import OUTCOMES
from bench.differential.compare import ABSENT, THERE, WHOLE, Difference
from bench.differential.meant import RULES, entry, indexed
from bench.differential.rules import APPS, APPS_EVENTS, SOURCE, SOURCE_EVENTS, Seen
from bench.differential.words import WORDS
from tests.bench.differential.differing import (
    CONTROLLER,
    ENDS_READY,
    FAILED,
    FETCH_FAILED,
    FLUX_FILE,
    FORCED,
    NOTHING,
    OUR_FILE,
    OWNER,
    ZEROES,
    differs,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "migrate.md"
MEANT = [
    ("ignored-together", differs("ConfigMap/map", "data.a", "1", "2", fleet="ignored-twice"), NOTHING),
    (
        "ignored-together",
        differs(
            APPS_EVENTS, "Normal Progressing", "ConfigMap/ns/map configured", ABSENT, fleet="ignored-twice"
        ),
        NOTHING,
    ),
    ("taken-over", differs(APPS_EVENTS, "Warning TakenOver metadata", ABSENT, "by=x"), NOTHING),
    ("flux-held", differs("Deployment/x", "spec.replicas", "1", "0"), CONTROLLER),
    ("flux-held", differs(APPS_EVENTS, "Normal FluxControllersHeld metadata", ABSENT, "by=x"), NOTHING),
    (
        "no-polling",
        differs(APPS_EVENTS, "Normal DependencyNotReady metadata", "revision=x", ABSENT),
        ENDS_READY,
    ),
    ("force-proven", differs("Deployment/web", WHOLE, ABSENT, THERE), FORCED),
    (
        "managed-by",
        differs("Secret/x", "metadata.labels[app.kubernetes.io/managed-by]", "kustomize-v1", "kustomize-v2"),
        NOTHING,
    ),
    ("artifact-path", differs(SOURCE, "status.artifact.path", FLUX_FILE, OUR_FILE), NOTHING),
    (
        "artifact-path",
        differs(SOURCE, "status.artifact.url", f"http://x/{FLUX_FILE}", f"file:///{OUR_FILE}"),
        NOTHING,
    ),
    ("artifact-root", differs("artifact", "[.].mode", "folder 0750", ABSENT), NOTHING),
    ("submodule-files", differs("artifact", "[app/sub/.git].mode", "file 0600", ABSENT), NOTHING),
    ("leases", differs("Lease/penstock-fetch-gitrepository-fleet", WHOLE, ABSENT, THERE), NOTHING),
    ("source-traces", differs(SOURCE_EVENTS, "Normal ArtifactUpToDate metadata", "by=x", ABSENT), NOTHING),
    (
        "finished-at-deletion",
        differs(
            APPS_EVENTS,
            "Normal ReconciliationSucceeded",
            "a deleted\nReconciliation finished in <time>, next run in 1h",
            "a deleted",
            "delete",
        ),
        NOTHING,
    ),
    (
        "deleted-absent",
        differs(APPS_EVENTS, "Normal Progressing", "a deleted\nb deleted", "a deleted"),
        NOTHING,
    ),
    (
        "announced-first",
        differs(SOURCE, "status.conditions.ArtifactOutdated.status", ABSENT, "True"),
        FETCH_FAILED,
    ),
    (
        "zeroes",
        differs("Deployment/web", f'{OWNER}spec.containers[{{"name":"x"}}].tty', ABSENT, "owned"),
        ZEROES,
    ),
]
OTHERWISE = [
    (
        "an object whose name ends like that of the invalid one",
        differs("Deployment/eb", WHOLE, ABSENT, THERE),
        FORCED,
    ),
    (
        "a wait that ended otherwise with Flux",
        differs(APPS_EVENTS, "Normal DependencyNotReady", "Dependencies do not meet", ABSENT),
        Seen({APPS: {"status.conditions.Ready.reason": "BuildFailed"}}, ENDS_READY.penstock),
    ),
    ("a field of another fleet", differs("ConfigMap/map", "data.a", "1", "2"), NOTHING),
    (
        "a field that no rule names",
        differs("ConfigMap/map", "data.c", "1", "2", fleet="ignored-twice"),
        NOTHING,
    ),
    (
        "a failure beside it",
        differs(APPS, "status.history[0].digest", "a", "b", fleet="ignored-twice"),
        NOTHING,
    ),
    (
        "a wait that ends in no success",
        differs(APPS_EVENTS, "Normal DependencyNotReady", "Dependencies do not meet", ABSENT),
        FAILED,
    ),
    ("an object that is gone without force", differs("Deployment/web", WHOLE, ABSENT, THERE), NOTHING),
    ("an object that only Flux keeps", differs("Deployment/web", WHOLE, THERE, ABSENT), FORCED),
    ("another object than the invalid one", differs("Deployment/api", WHOLE, ABSENT, THERE), FORCED),
    (
        "another archive",
        differs(SOURCE, "status.artifact.path", FLUX_FILE, OUR_FILE.replace("fleet", "other")),
        NOTHING,
    ),
    ("no digest", differs(SOURCE, "status.artifact.path", FLUX_FILE, FLUX_FILE.replace("a", "c")), NOTHING),
    ("a file that is missing", differs("artifact", "app.mode", "file 0644", ABSENT), NOTHING),
    ("another Lease", differs("Lease/mine", WHOLE, ABSENT, THERE), NOTHING),
    ("a warning about a source", differs(SOURCE_EVENTS, "Warning GitOperationFailed", "a", ABSENT), NOTHING),
    (
        "no end of a run",
        differs(
            APPS_EVENTS,
            "Normal ReconciliationSucceeded",
            "Reconciliation finished in <time>, next run in 1h",
            ABSENT,
        ),
        NOTHING,
    ),
    (
        "more deleted by us",
        differs(APPS_EVENTS, "Normal Progressing", "a deleted", "a deleted\nb deleted"),
        NOTHING,
    ),
    (
        "fewer created",
        differs(APPS_EVENTS, "Normal Progressing", "a created\nb created", "a created"),
        NOTHING,
    ),
    (
        "an announcement that stays",
        differs(SOURCE, "status.conditions.ArtifactOutdated.status", ABSENT, "True"),
        Seen({}, {SOURCE: {}}),
    ),
    ("a field that is not zero", differs("Deployment/web", f"{OWNER}spec.replicas", ABSENT, "owned"), ZEROES),
    ("an owner that we lack", differs("Deployment/web", f"{OWNER}spec.replicas", "owned", ABSENT), ZEROES),
    ("replicas of another Deployment", differs("Deployment/x", "spec.replicas", "1", "0"), NOTHING),
    ("other replicas of a controller", differs("Deployment/x", "spec.replicas", "1", "2"), CONTROLLER),
]


@pytest.mark.parametrize(("wanted", "found", "seen"), MEANT)
def test_what_is_meant_is_known_by_its_entry(wanted: str, found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == wanted


@pytest.mark.parametrize(("found", "seen"), [row[1:] for row in OTHERWISE], ids=[row[0] for row in OTHERWISE])
def test_what_is_not_meant_is_not_explained(found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == ""


def test_an_owned_field_is_found_in_its_list() -> None:
    facts = {"a[0].name": "x", "a[1].name": "y", "a[1].b[0].port": "80"}
    owned = 'a[{"name":"y"}].b[{"port":80}].value'
    assert indexed(owned, facts) == "a[1].b[0].value"
    assert indexed('a[{"name":"z"}].value', facts) == 'a[{"name":"z"}].value'


def test_every_entry_has_an_example_here() -> None:
    assert {row[0] for row in MEANT} == {rule.id for rule in RULES} - {
        rule.id for rule in (*WORDS, *OUTCOMES)
    }


def test_the_page_and_the_rules_have_the_same_entries_in_the_same_order() -> None:
    section = PAGE.read_text().partition("## Differences from Flux that are meant\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert rows == [rule.id for rule in RULES]


@given(st.text(), st.text(), st.text(), st.text())
def test_no_rule_fails_on_any_difference(where: str, path: str, flux: str, penstock: str) -> None:
    assert entry(differs(where, path, flux, penstock), NOTHING) == ""
