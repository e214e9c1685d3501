"""Differences in the words of a failure that are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.differential.meant import entry
from bench.differential.rules import APPS, APPS_EVENTS, SOURCE, Seen
from bench.differential.words import WORDS
from tests.bench.differential.differing import GIT, NOTHING, READY, differs

if TYPE_CHECKING:
    from bench.differential.compare import Difference

MEANT = [
    (
        "old-versions",
        differs(APPS, READY, "x: no\n", "x: no; Flux has removed that version: in a, line 1"),
        NOTHING,
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
    ("file-named", differs(APPS, READY, "no YAML", "app/kustomization.yaml: no YAML"), NOTHING),
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
        "all-bad-at-once",
        differs(
            APPS,
            READY,
            "Secret/ns/k dry-run failed: word\n",
            "ConfigMap/ns/a dry-run failed: x\nSecret/ns/k dry-run failed: x; details may quote the Secret",
        ),
        NOTHING,
    ),
]
OTHERWISE = [
    (
        "other words about a dependency",
        differs(APPS, READY, "dependency 'ns/x' is not ready", "dependency 'ns/x' is not ready: and so on"),
        NOTHING,
    ),
    ("another file", differs(APPS, READY, "no YAML", "app/one.yaml: no YAML"), NOTHING),
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
        "another message before the advice",
        differs(APPS, READY, "x: no", "x: other; Flux has removed that version: in a, line 1"),
        NOTHING,
    ),
]


@pytest.mark.parametrize(("wanted", "found", "seen"), MEANT)
def test_what_is_meant_is_known_by_its_entry(wanted: str, found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == wanted


@pytest.mark.parametrize(("found", "seen"), [row[1:] for row in OTHERWISE], ids=[row[0] for row in OTHERWISE])
def test_what_is_not_meant_is_not_explained(found: Difference, seen: Seen) -> None:
    assert entry(found, seen) == ""


def test_every_entry_has_an_example_here() -> None:
    assert {row[0] for row in MEANT} == {rule.id for rule in WORDS}
