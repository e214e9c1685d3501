"""`penstock build` with real builds, with and without a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.cli.planner import CANARY, ENCODED, objects
from tests.kustomize.builders import changed, make

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.planner import Person


def test_build_prints_what_is_applied_and_no_secret_unless_asked(person: Person) -> None:
    one, secret, _ = objects(person.live)
    vars_secret = make("v1", "Secret", "vars", person.live.namespace, stringData={"color": CANARY})
    person.live.cluster.create(vars_secret)
    post_build = {"substituteFrom": [{"kind": "Secret", "name": "vars"}]}
    person.live.patch(
        person.live.apps, {"spec": {"postBuild": post_build, "commonMetadata": {"labels": {"a": "b"}}}}
    )
    person.write(changed(one, x="${color}", y="two\nlines\n", z="1"), secret)
    code, out, err = person.plans("build")
    first, second, rest = list(yaml.safe_load_all(out))
    assert (code, rest) == (0, None)
    assert first["data"] == {"x": "*****", "y": "two\nlines\n", "z": "1"}
    assert (second["data"], "stringData" in second) == ({"password": "***"}, False)
    labels = {"a": "b", "kustomize.toolkit.fluxcd.io/name": "apps"}
    assert labels.items() <= first["metadata"]["labels"].items()
    assert err == "⚠️ the values of Secrets are not shown: --show-secrets prints them\n"
    assert CANARY not in person.everything
    assert ENCODED not in person.everything
    shown = list(yaml.safe_load_all(person.plans("build", "--show-secrets")[1]))
    assert (shown[0]["data"]["x"], shown[1]["data"]["password"]) == (CANARY, ENCODED)


def test_build_with_a_dry_run_asks_no_cluster(
    person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, _, _ = objects(person.live)
    person.write(changed(one, x="${a}", y="${b}"))
    spec = {
        "interval": "1m",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        "postBuild": {"substitute": {"a": "one"}, "substituteFrom": [{"kind": "Secret", "name": "vars"}]},
    }
    person.write(make("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", spec=spec), name="ks.yaml")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    code, out, _ = person.plans("build", "--kustomization-file", str(person.root / "ks.yaml"), "--dry-run")
    assert (code, yaml.safe_load(out.removesuffix("---\n"))["data"]) == (0, {"x": "one", "y": None})
    code, _, err = person.plans("build", "--dry-run")
    assert (code, "requires a kustomization file" in err) == (2, True)
    strict = ("--kustomization-file", str(person.root / "ks.yaml"), "--dry-run", "--strict-substitute")
    code, _, err = person.plans("build", *strict)
    assert (code, 'variable not set (strict mode): "b"' in err) == (1, True)
