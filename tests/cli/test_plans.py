"""history, rollback and logs tell one story, and no verb shows a Secret: on the real API server."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING

import yaml
from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of
from penstock.api.rollback import ROLLBACK_ANNOTATION

from tests.cli.planner import CANARY, ENCODED, OTHER, OTHER_ENCODED, objects
from tests.kustomize.builders import changed, config_map, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.cli.planner import Person
    from tests.kustomize.live import Live


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
    one, secret, _ = objects(person.live)
    good = person.push(one, secret)
    bad = person.push(changed(one, x="2"), config_map("two", person.live.namespace))
    code, out, err = person.types("rollback", "ks", "apps", "--dry-run")
    assert code == 0
    assert f"► ConfigMap/{person.live.namespace}/two deleted\n" in out
    assert f"► {good}, last applied at" in err
    assert f"► in place of {bad}\n" in err
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
    one, secret, service = objects(person.live)
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


def test_what_has_no_history_or_is_not_rolled_back_says_so(person: Person) -> None:
    for words, why in (
        (("history", "helmrelease", "x"), "HelmRelease is not built here yet"),
        (("rollback", "hr", "x"), "HelmRelease is not built here yet"),
        (("rollback", "source", "git", "fleet"), "a source is not rolled back"),
    ):
        code, _, err = person.types(*words)
        assert (code, why in err) == (1, True)


def test_history_without_a_bucket_falls_back_to_the_status_and_says_so(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, _ = objects(person.live)
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
    code, _, err = person.types("history", "source", "git", "fleet")
    assert (code, "PENSTOCK_BUCKET is missing" in err) == (1, True)
    code, _, err = person.types("logs")
    assert (code, "PENSTOCK_BUCKET is missing" in err) == (1, True)
