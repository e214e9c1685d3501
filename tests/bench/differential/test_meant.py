from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.differential.causes import standing
from bench.differential.compare import ABSENT, THERE, WHOLE, Difference
from bench.differential.meant import RULES, entry, indexed
from bench.differential.rules import APPS, APPS_EVENTS, SOURCE, SOURCE_EVENTS, Seen

PAGE = Path(__file__).resolve().parents[3] / "docs" / "migrate.md"
READY = "status.conditions.Ready.message"
OWNER = "owner(kustomize-controller Apply)"
NOTHING = Seen({}, {})
HELD = Seen({APPS: {READY: "Applied revision: r"}}, {APPS: {READY: "deletion held at revision r: x"}})
FETCH_FAILED = Seen({}, {SOURCE: {"status.conditions.FetchFailed.status": "True"}})
_NO_MATCH = {READY: 'Widget/w dry-run failed: no matches for kind "Widget" in version "x/v1"'}
PARKED = Seen({APPS: _NO_MATCH}, {APPS: _NO_MATCH})
_INVALID = {READY: "Deployment/ns/web dry-run failed (Invalid): no"}
FORCED = Seen({APPS: _INVALID}, {APPS: _INVALID})
BAD = {"status.conditions.Ready.status": "False"}
FAILED = Seen({APPS: BAD}, {APPS: {**BAD, "status.inventory": "there"}})
CONTROLLER = Seen({}, {"Deployment/x": {"metadata.labels[app.kubernetes.io/part-of]": "flux"}})
NAMELESS = Seen(
    {APPS: {READY: "Applied revision: r"}},
    {APPS: {READY: "failed to decode Kubernetes apiVersion, kind and name from object 1"}},
)
ENDS_READY = Seen({}, {APPS: {"status.conditions.Ready.reason": "ReconciliationSucceeded"}})
LATER = Seen({}, {}, frozenset({"partial-inventory"}))
ZEROES = Seen({}, {"Deployment/web": {"spec.containers[0].name": "x", "spec.replicas": "2"}})
ARCHIVE = "gitrepository/ns/fleet/"
FLUX_FILE, OUR_FILE = f"{ARCHIVE}{'a' * 40}.tar.gz", f"{ARCHIVE}{'b' * 64}.tar.gz"
GIT = "failed to checkout and determine revision: unable to list remote for 'http://x': "


def differs(where: str, path: str, flux: str, penstock: str, step: str = "change") -> Difference:
    return Difference("fleet", step, where, path, flux, penstock)


MEANT = [
    ("taken-over", differs(APPS_EVENTS, "Warning TakenOver metadata", ABSENT, "by=x"), NOTHING),
    ("flux-held", differs("Deployment/x", "spec.replicas", "1", "0"), CONTROLLER),
    ("flux-held", differs(APPS_EVENTS, "Normal FluxControllersHeld metadata", ABSENT, "by=x"), NOTHING),
    (
        "old-versions",
        differs(APPS, READY, "x: no\n", "x: no; Flux has removed that version: in a, line 1"),
        NOTHING,
    ),
    (
        "no-polling",
        differs(APPS_EVENTS, "Normal DependencyNotReady metadata", "revision=x", ABSENT),
        ENDS_READY,
    ),
    (
        "dependency-told",
        differs(
            APPS,
            READY,
            "dependency 'ns/x' not found: no",
            "dependency 'ns/x' not found: no: create it, or take it out of spec.dependsOn",
        ),
        NOTHING,
    ),
    (
        "dependency-told",
        differs(
            APPS,
            READY,
            "dependency 'ns/x' is not ready",
            "dependency 'ns/x' is not ready: spec.dependsOn goes round in a circle, ns/a -> ns/x -> ns/a:"
            " take one of them out",
        ),
        NOTHING,
    ),
    ("unknown-kinds", differs("ConfigMap/x", WHOLE, ABSENT, THERE), PARKED),
    ("unknown-kinds", differs(APPS_EVENTS, "Warning ReconciliationFailed", "x", "y"), PARKED),
    ("force-proven", differs("Deployment/web", WHOLE, ABSENT, THERE), FORCED),
    ("file-named", differs(APPS, READY, "no YAML", "app/kustomization.yaml: no YAML"), NOTHING),
    ("partial-inventory", differs(APPS, "status.inventory[a]", ABSENT, "v1"), FAILED),
    ("partial-inventory", differs("Namespace/x", "status.phase", "Active", "Terminating", "delete"), LATER),
    ("partial-inventory", differs("ConfigMap/x", WHOLE, THERE, ABSENT, "delete"), LATER),
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
    (
        "include-words",
        differs(
            SOURCE,
            READY,
            "failed to copy 'lib' include from  to app: rename /tmp/a /tmp/b: file exists",
            "failed to copy 'lib' include from  to app: the folder 'app' is there already",
        ),
        NOTHING,
    ),
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
    ("last-newline", differs(APPS, READY, "no\n", "no"), NOTHING),
    ("all-bad-at-once", differs(APPS_EVENTS, "Warning ReconciliationFailed", "b\n", "a\nb"), NOTHING),
    (
        "secret-values",
        differs(
            APPS,
            READY,
            "Secret/ns/k dry-run failed: word\n",
            "Secret/ns/k dry-run failed: x; details may quote the Secret",
        ),
        NOTHING,
    ),
    ("values", differs(APPS, READY, "in config: {secret}: no", "in config (content not shown): no"), NOTHING),
    ("no-links", differs(APPS, READY, "evalsymlink failure on 'a' : lstat a: no", "stat a: no"), NOTHING),
    (
        "missing-path",
        differs(
            APPS,
            READY,
            "kustomization path not found: stat a: no such file or directory",
            'kustomization path not found: the artifact has no folder "a"',
        ),
        NOTHING,
    ),
    (
        "remote-bases",
        differs(APPS, READY, "refused", "x, and remote bases and resources are refused: y"),
        NOTHING,
    ),
    ("git-words", differs(SOURCE, READY, f"{GIT}404 Not Found", f"{GIT}not found: check spec.url"), NOTHING),
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
        Seen({}, {APPS: {READY: "object 1: metadata.name is no text"}}),
    ),
    (
        "server-fields",
        differs("ConfigMap/one", WHOLE, ABSENT, THERE),
        Seen({APPS: {READY: "uid mismatch: the provided object specified uid 1"}}, {}),
    ),
    (
        "all-bad-at-once",
        differs(
            APPS,
            READY,
            "Secret/ns/k dry-run failed: word\n",
            "ConfigMap/ns/a dry-run failed: x\nSecret/ns/k dry-run failed: x; details may quote the Secret",
        ),
        NOTHING,
    ),
    (
        "numeric-annotations",
        differs(APPS, "status.history[0].digest", "<build 2>", "<build 1>"),
        Seen({}, {}, frozenset({"numeric-annotations"})),
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
        Seen({}, {}, frozenset({"nameless"})),
    ),
]
OTHERWISE = [
    (
        "a wait that ends in no success",
        differs(APPS_EVENTS, "Normal DependencyNotReady", "Dependencies do not meet", ABSENT),
        FAILED,
    ),
    (
        "other words about a dependency",
        differs(APPS, READY, "dependency 'ns/x' is not ready", "dependency 'ns/x' is not ready: and so on"),
        NOTHING,
    ),
    ("an object that is gone without force", differs("Deployment/web", WHOLE, ABSENT, THERE), NOTHING),
    ("an object that only Flux keeps", differs("Deployment/web", WHOLE, THERE, ABSENT), FORCED),
    ("another object than the invalid one", differs("Deployment/api", WHOLE, ABSENT, THERE), FORCED),
    ("a Service where a kind is unknown", differs("Service/x", WHOLE, ABSENT, THERE), PARKED),
    ("another file", differs(APPS, READY, "no YAML", "app/one.yaml: no YAML"), NOTHING),
    ("more in the inventory after a success", differs(APPS, "status.inventory[a]", ABSENT, "v1"), NOTHING),
    (
        "an object that goes without a failure",
        differs("ConfigMap/x", WHOLE, THERE, ABSENT, "delete"),
        NOTHING,
    ),
    ("an object that goes at another step", differs("ConfigMap/x", WHOLE, THERE, ABSENT), LATER),
    ("less in the inventory after a failure", differs(APPS, "status.inventory[a]", "v1", ABSENT), FAILED),
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
    ("another first problem", differs(APPS, READY, "c\n", "a\nb"), NOTHING),
    (
        "another Secret",
        differs(
            APPS,
            READY,
            "Secret/ns/a dry-run failed: x",
            "Secret/ns/b dry-run failed: details may quote the Secret",
        ),
        NOTHING,
    ),
    (
        "another beginning",
        differs(APPS, READY, "before config: x", "in config (content not shown): no"),
        NOTHING,
    ),
    (
        "another path",
        differs(
            APPS,
            READY,
            "kustomization path not found: stat b: no such file or directory",
            'kustomization path not found: the artifact has no folder "a"',
        ),
        NOTHING,
    ),
    ("another repository", differs(SOURCE, READY, f"{GIT}404", GIT.replace("//x", "//y") + "404"), NOTHING),
    (
        "an announcement that stays",
        differs(SOURCE, "status.conditions.ArtifactOutdated.status", ABSENT, "True"),
        Seen({}, {SOURCE: {}}),
    ),
    ("a field that is not zero", differs("Deployment/web", f"{OWNER}spec.replicas", ABSENT, "owned"), ZEROES),
    ("an owner that we lack", differs("Deployment/web", f"{OWNER}spec.replicas", "owned", ABSENT), ZEROES),
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
    ("replicas of another Deployment", differs("Deployment/x", "spec.replicas", "1", "0"), NOTHING),
    ("other replicas of a controller", differs("Deployment/x", "spec.replicas", "1", "2"), CONTROLLER),
    (
        "another message before the advice",
        differs(APPS, READY, "x: no", "x: other; Flux has removed that version: in a, line 1"),
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


def test_an_owned_field_is_found_in_its_list() -> None:
    facts = {"a[0].name": "x", "a[1].name": "y", "a[1].b[0].port": "80"}
    owned = 'a[{"name":"y"}].b[{"port":80}].value'
    assert indexed(owned, facts) == "a[1].b[0].value"
    assert indexed('a[{"name":"z"}].value', facts) == 'a[{"name":"z"}].value'


def test_every_entry_has_an_example_here() -> None:
    assert {row[0] for row in MEANT} == {rule.id for rule in RULES}


def test_the_page_and_the_rules_have_the_same_entries_in_the_same_order() -> None:
    section = PAGE.read_text().partition("## Differences from Flux that are meant\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert rows == [rule.id for rule in RULES]


def test_a_cause_stands_from_the_step_on_that_shows_it() -> None:
    assert standing(NOTHING) == frozenset()
    assert standing(FAILED) == frozenset({"partial-inventory"})
    assert standing(HELD) == standing(Seen({}, {}, standing(HELD))) == frozenset({"brake"})


@given(st.text(), st.text(), st.text(), st.text())
def test_no_rule_fails_on_any_difference(where: str, path: str, flux: str, penstock: str) -> None:
    assert entry(differs(where, path, flux, penstock), NOTHING) == ""
