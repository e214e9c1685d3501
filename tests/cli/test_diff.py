"""`penstock diff` on the real API server, with real builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main

from tests.cli.planner import CANARY, objects
from tests.kustomize.builders import changed, config_map, make

if TYPE_CHECKING:
    from tests.cli.planner import Person


def test_diff_tells_what_the_next_run_does_and_nothing_afterwards(person: Person) -> None:
    one, secret, service = objects(person.live)
    namespace = person.live.namespace
    person.push(one, secret, service)
    person.write(one, secret, service)
    assert person.plans("diff") == (0, "", "")
    other = {
        **service,
        "spec": {**service["spec"], "ports": [{"name": "http", "port": 81, "targetPort": 80}]},
    }
    rotated = {**secret, "stringData": {"password": f"{CANARY}-2"}}
    person.write(other, rotated, config_map("two", namespace))
    code, out, err = person.plans("diff", "--progress-bar=false")
    assert code == 1
    assert out == (
        f"► Service/{namespace}/web drifted\n\nspec.ports.http.port\n± value change\n- 80\n+ 81\n\n"
        f"► Secret/{namespace}/s drifted\n\ndata.password\n± value change\n- *** (before)\n+ *** (after)\n\n"
        f"► ConfigMap/{namespace}/two created\n"
        f"► ConfigMap/{namespace}/one deleted\n"
    )
    assert err == "⚠️ identified at least one change, exiting with non-zero exit code\n"
    assert person.live.get("ConfigMap", "two") is None
    person.push(other, rotated, config_map("two", namespace))
    assert person.plans("diff")[0] == 0


def test_an_error_of_diff_is_another_thing_than_a_difference(person: Person) -> None:
    one, _, service = objects(person.live)
    person.write(one, {**service, "spec": {"ports": [{"port": 0}]}})
    code, out, err = person.plans("diff")
    assert (code, out) == (2, f"► ConfigMap/{person.live.namespace}/one created\n")
    assert err.startswith(f"✗ Service/{person.live.namespace}/web dry-run failed (Invalid)")
    code, _, err = person.types("diff", "ks", "none", "--path", str(person.root / "apps"))
    assert (code, 'kustomizations.kustomize.toolkit.fluxcd.io "none" not found' in err) == (2, True)
    code, _, err = person.types("diff", "ks", "apps", "--path", str(person.root / "nowhere"))
    assert (code, "invalid resource path" in err) == (2, True)


@pytest.mark.parametrize("verb", ["build", "diff"])
def test_artifacts_are_said_not_to_be_here(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([verb, "artifact", "oci://x", "--path", "."]) == main.EXIT_FAILED
    assert "not built here yet" in capsys.readouterr().err


def test_diff_of_one_that_is_not_there_yet(person: Person) -> None:
    one, _, _ = objects(person.live)
    person.write(one, name="new/all.yaml")
    spec = {"interval": "1m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "fleet"}}
    person.write(make("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "new", spec=spec), name="new.yaml")
    words = (
        "diff",
        "ks",
        "new",
        "--path",
        str(person.root / "new"),
        "--kustomization-file",
        str(person.root / "new.yaml"),
    )
    assert person.types(*words)[0] == 2
    code, out, _ = person.types(*words, "--ignore-not-found")
    assert (code, out) == (1, f"► ConfigMap/{person.live.namespace}/one created\n")


def test_diff_warns_of_a_variable_that_a_run_would_miss(person: Person) -> None:
    one, _, _ = objects(person.live)
    person.live.patch(person.live.apps, {"spec": {"postBuild": {"substitute": {"a": "b"}}}})
    person.write(changed(one, x="${missing}"))
    code, _, err = person.plans("diff")
    assert (code, "a run would fail, as PENSTOCK_SUBSTITUTIONS is strict: " in err) == (1, True)
    assert 'variable not set (strict mode): "missing"' in err
    assert person.plans("diff", "--strict-substitute")[0] == 2
    person.write(changed(one, x="${a}"))
    assert "would fail" not in person.plans("diff")[2]


def test_build_and_diff_follow_kustomizations_below(person: Person) -> None:
    one, _, _ = objects(person.live)
    spec = {
        "interval": "1m",
        "prune": True,
        "path": "./web",
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
    }
    web = make("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "web", person.live.namespace, spec=spec)
    person.push(web)
    person.write(web)
    person.write(one, name="web/a.yaml")
    source = f"GitRepository/{person.live.namespace}/fleet={person.root}"
    code, out, _ = person.plans("diff", "-r", "--local-sources", source)
    inside = f"► ConfigMap/{person.live.namespace}/one created\n"
    assert (code, out) == (1, f"📁 Kustomization/{person.live.namespace}/web changed\n{inside}")
    kinds = [
        obj["kind"]
        for obj in yaml.safe_load_all(person.plans("build", "-r", "--local-sources", source)[1])
        if obj
    ]
    assert kinds == ["Kustomization", "ConfigMap"]
    assert person.plans("build", "-r")[0] == 2
