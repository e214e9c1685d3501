"""build, diff, history, rollback and logs on the real API server, with real builds and a real bucket."""

from __future__ import annotations

import contextlib
import json
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of
from penstock.api.rollback import ROLLBACK_ANNOTATION
from penstock.cli import main

from tests.kustomize.builders import changed, config_map, make
from tests.kustomize.world import document
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.api.objects import Json

    from tests.kustomize.live import Live

CANARY = "c4nary-0f-a-secret-value"
OTHER = "0ther-c4nary-0f-the-cluster"
ENCODED, OTHER_ENCODED = (b64encode(value.encode()).decode() for value in (CANARY, OTHER))


class Person:
    """Somebody with a folder of manifests and a shell."""

    def __init__(self, live: Live, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.live = live
        self.root = root
        self._capsys = capsys
        (root / ".git").mkdir()
        self.everything = ""

    def write(self, *objects: Json, name: str = "apps/all.yaml") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(*objects))

    def push(self, *objects: Json) -> str:
        revision = self.live.push({"apps/all.yaml": list(objects)})
        self.live.one()
        return revision

    def types(self, *words: str, bare: bool = False) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a verb; `-n` is added unless `bare`."""
        code = main.run([*words, *([] if bare else ["-n", self.live.namespace])])
        told = self._capsys.readouterr()
        self.everything += told.out + told.err
        return code, told.out, told.err

    def plans(self, verb: str, *more: str) -> tuple[int, str, str]:
        return self.types(verb, "ks", "apps", "--path", str(self.root / "apps"), *more)


@pytest.fixture
def person(live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Person:
    """With a Kustomization `apps`, whose repository is empty."""
    live.add()
    root = tmp_path / "repository"
    root.mkdir()
    return Person(live, root, capsys)


def _objects(live: Live) -> tuple[Json, Json, Json]:
    one = config_map("one", live.namespace, data={"x": "1"})
    secret = make("v1", "Secret", "s", live.namespace, stringData={"password": CANARY})
    service = make(
        "v1",
        "Service",
        "web",
        live.namespace,
        spec={"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 80}]},
    )
    return one, secret, service


def test_diff_tells_what_the_next_run_does_and_nothing_afterwards(person: Person) -> None:
    one, secret, service = _objects(person.live)
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
    one, _, service = _objects(person.live)
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
    one, _, _ = _objects(person.live)
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


def test_build_prints_what_is_applied_and_no_secret_unless_asked(person: Person) -> None:
    one, secret, _ = _objects(person.live)
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


def test_diff_warns_of_a_variable_that_a_run_would_miss(person: Person) -> None:
    one, _, _ = _objects(person.live)
    person.live.patch(person.live.apps, {"spec": {"postBuild": {"substitute": {"a": "b"}}}})
    person.write(changed(one, x="${missing}"))
    code, _, err = person.plans("diff")
    assert (code, "a run would fail, as PENSTOCK_SUBSTITUTIONS is strict: " in err) == (1, True)
    assert 'variable not set (strict mode): "missing"' in err
    assert person.plans("diff", "--strict-substitute")[0] == 2
    person.write(changed(one, x="${a}"))
    assert "would fail" not in person.plans("diff")[2]


def test_build_with_a_dry_run_asks_no_cluster(
    person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, _, _ = _objects(person.live)
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


def test_build_and_diff_follow_kustomizations_below(person: Person) -> None:
    one, _, _ = _objects(person.live)
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


@contextlib.contextmanager
def _looked_at(live: Live) -> Iterator[None]:
    """A tick in another process: it looks once somebody has asked for it."""

    def look() -> None:
        eventually(lambda: REQUESTED_AT in annotations_of(live.cluster.get(live.apps) or {}), "a request")
        live.one()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_history_rollback_and_logs_tell_one_story(person: Person) -> None:
    one, secret, _ = _objects(person.live)
    good = person.push(one, secret)
    bad = person.push(changed(one, x="2"), config_map("two", person.live.namespace))
    code, out, err = person.types("rollback", "ks", "apps", "--dry-run")
    assert code == 0
    assert f"► ConfigMap/{person.live.namespace}/two deleted\n" in out
    assert f"► {good}, last applied at" in err
    assert person.types("rollback", "ks", "apps")[0] == 1
    assert person.types("rollback", "ks", "apps", "--to", bad)[0] == 1
    with _looked_at(person.live):
        code, out, err = person.types("rollback", "ks", "apps", "--yes")
    assert (code, f"✔ {good} stands in place of {bad}" in err) == (0, True)
    assert err.endswith(f"◎ waiting for Kustomization reconciliation\n✔ applied revision {good}\n")
    assert (person.live.get("ConfigMap", "one") or {})["data"] == {"x": "1"}
    assert f"rolled back: {bad} is kept off until a newer revision comes" in person.live.ready()[2]
    code, out, _ = person.types("history", "ks", "apps", "-o", "json")
    told = json.loads(out)
    assert [entry["revision"] for entry in told] == [good, bad, good]
    assert told[1]["changes"] == {"created": 1, "configured": 1, "deleted": 1}
    lines = person.types("history", "kustomization", "apps", "--limit", "2")[1].splitlines()
    assert (lines[0].partition(" ")[0], len(lines)) == ("STARTED", 3)
    code, _, err = person.types("rollback", "ks", "apps", "--cancel", "--yes", "--no-wait")
    assert (code, f"which kept off {bad}, is cancelled" in err) == (0, True)
    found = person.live.cluster.get(person.live.apps) or {}
    assert ROLLBACK_ANNOTATION not in found["metadata"]["annotations"]
    person.live.one()
    log = person.types("logs", "--kind", "kustomization", "--since", "1h")[1].splitlines()
    assert len(log) == 4
    assert "Kustomization/apps." in log[0]
    assert person.types("logs", "--tail", "1")[1].count("\n") == 1
    assert person.types("logs", "--level", "error")[1] == ""
    assert not any(spelling in person.everything for spelling in (CANARY, ENCODED))


def test_no_verb_shows_a_value_of_a_secret(person: Person) -> None:
    """Neither one of Git's nor one of the cluster's, put into other objects or refused in them."""
    one, secret, service = _objects(person.live)
    person.live.cluster.create(
        make("v1", "Secret", "vars", person.live.namespace, stringData={"color": OTHER})
    )
    post_build = {"substituteFrom": [{"kind": "Secret", "name": "vars"}]}
    person.live.patch(person.live.apps, {"spec": {"postBuild": post_build}})
    person.push(secret, changed(one, x="${color}"))
    rotated = {**secret, "stringData": {"password": f"{CANARY}-2", "more": CANARY}}
    person.push(rotated, changed(one, x="${color}${color}"))
    person.write(secret, changed(one, x="${color}"), config_map("${color}", person.live.namespace))
    assert [person.plans(verb)[0] for verb in ("build", "diff")] == [0, 1]
    broken = {**service, "spec": {"ports": [{"port": "${color}"}]}}
    person.write(broken, {**secret, "type": "${color}"})
    assert person.plans("diff")[0] == 2
    person.write({**secret, "data": {"bad": CANARY}})
    assert person.plans("diff")[0] == 2
    (person.root / "apps" / "all.yaml").write_text(f"kind: Secret\nstringData: {{a: {CANARY}\n")
    assert [person.plans(verb)[0] for verb in ("build", "diff")] == [1, 2]
    assert person.types("rollback", "ks", "apps", "--dry-run")[0] == 0
    for words in (("history", "ks", "apps"), ("history", "ks", "apps", "-o", "yaml"), ("logs",)):
        assert person.types(*words)[0] == 0
    assert person.everything
    shown = [
        spelling for spelling in (CANARY, ENCODED, OTHER, OTHER_ENCODED) if spelling in person.everything
    ]
    assert shown == []


def test_history_without_a_bucket_falls_back_to_the_status_and_says_so(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, _ = _objects(person.live)
    revision = person.push(one)
    monkeypatch.delenv("PENSTOCK_BUCKET")
    code, out, err = person.types("history", "ks", "apps", "-o", "yaml")
    assert (code, "status.history" in err) == (0, True)
    (entry,) = yaml.safe_load(out)
    assert (entry["revision"], entry["changes"], entry["reason"]) == (
        revision,
        None,
        "ReconciliationSucceeded",
    )
    assert person.types("history", "ks", "none")[0] == 1
    code, _, err = person.types("rollback", "ks", "apps", "--yes")
    assert (code, "PENSTOCK_BUCKET" in err) == (1, True)
    code, _, err = person.types("logs")
    assert (code, "PENSTOCK_BUCKET is missing" in err) == (1, True)
