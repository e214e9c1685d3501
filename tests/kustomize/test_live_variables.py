"""Variables of a spec, on a real API server with the real builder."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef
from penstock.store.baselines import Baselines

from tests.fakes.bucket import MemoryBucket
from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from tests.kustomize.live import Live

CANARY = "hunter2canary"
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "settings-${env:=dev}", namespace: "${ns}"}
data: {colour: "${colour^}", plain: "$${colour}", missing: "${missing:-none}", secret: "${TOKEN}"}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: "${ns}"}
spec:
  ports:
  - port: ${port}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: left, namespace: NS, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}
data: {colour: "${colour}"}
"""


def _vars(live: Live, **data: str) -> None:
    live.cluster.create(config_map("vars", live.namespace, data=data))


def _keys(live: Live, token: str) -> None:
    data = {"TOKEN": b64encode(token.encode()).decode()}
    live.cluster.create(make("v1", "Secret", "keys", live.namespace, data=data))


def _substituting(live: Live) -> dict[str, Any]:
    from_ = [
        {"kind": "ConfigMap", "name": "vars"},
        {"kind": "ConfigMap", "name": "more", "optional": True},
        {"kind": "Secret", "name": "keys"},
    ]
    return {"substitute": {"ns": live.namespace}, "substituteFrom": from_}


def test_variables_get_their_values_from_the_spec_config_maps_and_secrets(live: Live) -> None:
    bucket = MemoryBucket()
    live.ports = replace(live.ports, baselines=Baselines(bucket, live.cluster.identity))
    _vars(live, colour="green", port="8080")
    _keys(live, CANARY)
    live.push({"apps/all.yaml": SETTINGS.replace("NS", live.namespace)})
    live.add(postBuild=_substituting(live))
    outcome = live.one()
    assert outcome.ok, outcome.message
    expected = {"colour": "Green", "plain": "${colour}", "missing": "none", "secret": CANARY}
    assert (live.get("ConfigMap", "settings-dev") or {})["data"] == expected
    assert (live.get("Service", "web") or {})["spec"]["ports"][0]["port"] == 8080
    assert (live.get("ConfigMap", "left") or {})["data"] == {"colour": "${colour}"}
    before = live.owned("ConfigMap")
    assert live.one(live.apps).changes == ()
    assert live.owned("ConfigMap") == before
    live.patch(_ref(live, "vars"), {"data": {"colour": "red", "env": "prod"}})
    assert live.one(live.apps).ok
    assert (live.get("ConfigMap", "settings-prod") or {})["data"]["colour"] == "Red"
    assert live.get("ConfigMap", "settings-dev") is None
    assert CANARY not in live.output.getvalue()


def test_a_secret_value_that_the_api_server_quotes_is_shown_nowhere(live: Live) -> None:
    token = f"not a label value {CANARY}"
    _keys(live, token)
    found = config_map("x", live.namespace, labels={"token": "${TOKEN}"})
    live.push({"apps/x.yaml": found})
    live.add(postBuild={"substituteFrom": [{"kind": "Secret", "name": "keys"}]})
    outcome = live.one()
    assert not outcome.ok
    assert "metadata.labels" in outcome.message
    events = live.cluster.list("", "v1", "Event", live.namespace)
    shown = repr((outcome, live.ready(), events, live.output.getvalue()))
    assert "*****" in shown
    assert CANARY not in shown


def test_a_missing_reference_and_a_missing_variable_fail_before_anything_is_written(live: Live) -> None:
    live.push({"apps/x.yaml": config_map("x", live.namespace, data={"a": "${a}"})})
    live.add(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]})
    words = "post build failed for 'ConfigMap.v1.[noGrp]/x': "
    missing = f"{words}substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
    assert live.one().message == missing
    assert live.ready() == ("False", "BuildFailed", missing)
    _vars(live, b="1")
    unset = 'envsubst error: variable substitution failed: variable not set (strict mode): "a"'
    assert live.one(live.apps).message == words + unset
    assert live.owned("ConfigMap") == {}


def _ref(live: Live, name: str) -> ObjectRef:
    return ObjectRef("", "v1", "ConfigMap", live.namespace, name)
