"""Pushes that must not get through: nothing of them is written, what is there stays."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import condition, config_map, ready, revision
from tests.e2e.leaks import leaks

if TYPE_CHECKING:
    from tests.e2e.fleet import Fleet
    from tests.support.kubectl import Kubectl

KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


@pytest.fixture
def standing(fleet: Fleet) -> Fleet:
    """Two ConfigMaps, pushed and applied."""
    fleet.add_source()
    fleet.add_kustomization(path="./apps")
    fleet.wait_applied(fleet.push({"apps/a.yaml": config_map("a", x="1"), "apps/b.yaml": config_map("b")}))
    return fleet


def test_broken_manifests_are_all_named_and_nothing_of_their_stage_is_written(standing: Fleet) -> None:
    before = standing.names("ConfigMap")
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "c"},
        "spec": {"ports": [{"port": 0}]},
    }
    bad = standing.push(
        {
            "apps/a.yaml": config_map("a", x="2"),
            "apps/b.yaml": None,
            "apps/c.yaml": json.dumps(service),
            "apps/d.yaml": config_map("d").replace('"data": {}', '"data": {"x": ["1"]}'),
        }
    )
    message = standing.wait_failed("ReconciliationFailed")
    problems = [line.partition(" dry-run failed")[0] for line in message.splitlines()]
    assert sorted(problems) == [f"ConfigMap/{standing.namespace}/d", f"Service/{standing.namespace}/c"]
    assert standing.names("ConfigMap") == before
    assert standing.the("Kustomization", "apps")["status"]["lastAppliedRevision"] != revision(bad)
    standing.wait_told("ReconciliationFailed", message)
    good = standing.push({"apps/c.yaml": None, "apps/d.yaml": config_map("d")})
    standing.wait_applied(good)
    assert set(standing.names("ConfigMap")) == {"a", "d"}
    assert standing.the("ConfigMap", "a")["data"] == {"x": "2"}


def test_an_error_about_a_secret_says_nothing_of_its_values(standing: Fleet, kubectl: Kubectl) -> None:
    canary = "c4nary-of-a-secret"
    metadata = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque"}
    secrets = [
        {**metadata, "metadata": {"name": "one"}, "data": {"password": canary}},
        {**metadata, "metadata": {"name": "two"}, "stringData": {"password": [canary]}},
        {
            **metadata,
            "metadata": {"name": "three", "labels": {"x": f"{canary} "}},
            "stringData": {"x": canary},
        },
    ]
    standing.push({"apps/secrets.json": "", "apps/secrets.yaml": "\n---\n".join(map(json.dumps, secrets))})
    message = standing.wait_failed("ReconciliationFailed")
    assert [
        name for name in ("one", "two", "three") if f"Secret/{standing.namespace}/{name}" not in message
    ] == []
    archives = {str(path) for path in standing.functions.bucket.rglob("*.tar.gz")}
    assert set(leaks(canary, standing, kubectl, message)) <= archives


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resources: [../../../../../../etc/passwd]", "etc/passwd"),
        ("configMapGenerator: [{name: x, files: [/proc/self/environ]}]", "environ"),
        ("resources: ['https://127.0.0.1:1/x.yaml']", "remote"),
        ("helmCharts: [{name: x, repo: 'https://127.0.0.1:1'}]", "helm"),
        ("resources: [../apps]", "cycle"),
    ],
)
def test_a_kustomization_that_reaches_out_is_refused(standing: Fleet, text: str, said: str) -> None:
    before = standing.names("ConfigMap")
    standing.push({"apps/kustomization.yaml": f"{KUSTOMIZE}{text}\n"})
    message = standing.wait_failed("BuildFailed")
    assert said in message
    assert standing.names("ConfigMap") == before


def test_a_path_that_is_missing_is_an_error_and_never_a_prune(standing: Fleet) -> None:
    before = standing.names("ConfigMap")
    bad = standing.push({"apps/a.yaml": None, "apps/b.yaml": None, "README.md": "moved away"})
    message = standing.wait_failed("ArtifactFailed")
    assert message == 'kustomization path not found: the artifact has no folder "apps"'
    assert standing.the("GitRepository", "fleet")["status"]["artifact"]["revision"] == revision(bad)
    assert standing.names("ConfigMap") == before


def test_a_build_that_became_empty_deletes_only_what_a_person_approves(standing: Fleet) -> None:
    before = standing.names("ConfigMap")
    empty = standing.push({"apps/a.yaml": None, "apps/b.yaml": None, "apps/README.md": "nothing here"})
    message = standing.wait_failed("PruneFailed")
    assert "would delete all 2 objects" in message
    assert condition(standing.the("Kustomization", "apps"), "Stalled")[0] == "True"
    assert standing.names("ConfigMap") == before
    (command,) = re.findall("`(kubectl [^`]*)`", message)
    key, _, value = shlex.split(command)[-1].partition("=")
    standing.annotate("Kustomization", "apps", key, value)
    standing.announce()
    status, answer = standing.invoke("Kustomization", "apps")
    assert (status, sorted(answer["outcome"]["changes"])) == (
        200,
        [f"ConfigMap/{standing.namespace}/{name} deleted" for name in "ab"],
    )
    standing.wait_applied(empty)
    assert standing.names("ConfigMap") == {}


def test_a_branch_that_is_gone_leaves_everything_as_it_is(standing: Fleet) -> None:
    at = revision(standing.copy.git("rev-parse", "HEAD"), "live")
    standing.copy.push("HEAD:refs/heads/live")
    standing.patch("GitRepository", "fleet", {"spec": {"ref": {"branch": "live"}}})
    assert standing.invoke("GitRepository", "fleet")[1]["outcome"]["revision"] == at
    before = standing.names("ConfigMap")
    standing.copy.push(":refs/heads/live")
    status, answer = standing.invoke("GitRepository", "fleet")
    assert (status, answer["outcome"]["reason"]) == (500, "GitOperationFailed")
    source = standing.the("GitRepository", "fleet")
    assert ready(source) == ("False", "GitOperationFailed", answer["outcome"]["message"])
    assert source["status"]["artifact"]["revision"] == at
    assert standing.invoke("Kustomization", "apps")[0] == 200
    standing.copy.push("HEAD:refs/heads/live")
    assert standing.invoke("GitRepository", "fleet")[1]["outcome"]["revision"] == at
    assert standing.names("ConfigMap") == before


def test_a_field_that_is_not_supported_is_refused_by_its_name(standing: Fleet) -> None:
    before = standing.names("ConfigMap")
    standing.patch("Kustomization", "apps", {"spec": {"decryption": {"provider": "sops"}}})
    assert standing.invoke("Kustomization", "apps")[0] == 500
    stalled = standing.the("Kustomization", "apps")
    assert condition(stalled, "Stalled")[::2] == ("True", "not yet supported: spec.decryption")
    assert ready(stalled)[::2] == ("False", "not yet supported: spec.decryption")
    assert standing.names("ConfigMap") == before
