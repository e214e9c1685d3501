"""Fields that spec.ignore leaves as they are found. Pure."""

from __future__ import annotations

from bench.differential.fleets.applying import deployment
from bench.differential.story import Act, Edit, Fleet, Step, config_map, ends, install, push

_MAPS = "/api/v1/namespaces/@NS@/configmaps"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/@NS@/deployments"

IGNORING = (
    Fleet(
        "ignored",
        "fields that are left as they are found",
        ends(
            install({"app/web.yaml": deployment(), "app/map.yaml": config_map("map", a="1", b="1")}),
            Step(
                "scaled by hand",
                Act.ASK,
                edits=(
                    Edit(f"{_DEPLOYMENTS}/web", {"spec": {"replicas": 4}}),
                    Edit(f"{_MAPS}/map", {"data": {"a": "2"}}),
                ),
            ),
            push("change the rest", {"app/web.yaml": deployment(image="nginx:2.0")}),
            push("change what is ignored", {"app/map.yaml": config_map("map", a="3", b="2")}),
            Step(
                "a rule that cannot be read",
                Act.ASK,
                apps={"ignore": [{"paths": ["/a"], "target": {"name": "("}}]},
            ),
        ),
        apps={
            "ignore": [
                {"paths": ["/spec/replicas"], "target": {"kind": "Deployment", "labelSelector": "app=web"}},
                {"paths": ["/data/a"], "target": {"kind": "ConfigMap", "name": "m.*"}},
            ]
        },
    ),
    Fleet(
        "ignored-twice",
        "two rules without a target",
        ends(
            install({"app/map.yaml": config_map("map", a="1", b="1", c="1")}),
            Step("both by hand", Act.ASK, edits=(Edit(f"{_MAPS}/map", {"data": {"a": "2", "b": "2"}}),)),
            push("change the rest", {"app/map.yaml": config_map("map", a="1", b="1", c="2")}),
            Step("only one", Act.ASK, apps={"ignore": [{"paths": ["/data/a", "/data/b"]}]}),
        ),
        apps={"ignore": [{"paths": ["/data/a"]}, {"paths": ["/data/b"]}]},
    ),
    Fleet(
        "ignored-given-up",
        "an ignored field that the manifest has no more",
        ends(
            install({"app/map.yaml": config_map("map", a="1", b="1"), "app/x.yaml": config_map("x", a="1")}),
            push("only that", {"app/map.yaml": config_map("map", b="1")}),
            push("and another", {"app/map.yaml": config_map("map", b="2")}),
            push("taken up again", {"app/map.yaml": config_map("map", a="3", b="3")}),
        ),
        apps={"ignore": [{"paths": ["/data/a"], "target": {"name": "map"}}]},
    ),
)
