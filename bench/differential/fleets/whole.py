"""Whole stories: what may happen to a Kustomization and its source between install and deletion. Pure."""

from __future__ import annotations

from bench.differential.story import (
    Act,
    Edit,
    Fleet,
    Step,
    config_map,
    docs,
    ends,
    files,
    install,
    kustomization,
    push,
)

_TWO_FILES = kustomization("resources: [one.yaml, two.yaml]\n")
_MORE_FILES = kustomization("resources: [one.yaml, two.yaml, more.yaml]\n")
_BAD_NAME = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: Bad_Name}
"""
_WRONG_TYPE = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: wrong}
    spec: {replicas: many}
"""
_LIVE = "/api/v1/namespaces/@NS@/configmaps"
_PLAIN = {"app/one.yaml": config_map("one", a="1"), "app/two.yaml": config_map("two", b="1")}

WHOLE = (
    Fleet(
        "story",
        "install, change, add, remove, rename, drift, ask, suspend, resume, delete",
        ends(
            install({"app/kustomization.yaml": _TWO_FILES, **_PLAIN}),
            push("change", {"app/one.yaml": config_map("one", a="2", b="3")}),
            push("nothing changed", {"README.md": "words\n"}),
            push(
                "add",
                {
                    "app/kustomization.yaml": _MORE_FILES,
                    "app/more.yaml": docs(config_map("three"), config_map("four")),
                },
            ),
            push("remove", {"app/kustomization.yaml": _TWO_FILES, "app/more.yaml": None}),
            push("rename", {"app/two.yaml": config_map("second")}),
            Step(
                "drift",
                Act.ASK,
                edits=(
                    Edit(f"{_LIVE}/one", {"data": {"a": "drifted", "more": "stays"}}),
                    Edit(f"{_LIVE}/second"),
                ),
            ),
            Step("ask again", Act.ASK),
            Step("suspend", Act.LEAVE, apps={"suspend": True}),
            Step("push while suspended", Act.LEAVE, files=files({"app/one.yaml": config_map("one", a="7")})),
            Step("resume", Act.ASK, apps={"suspend": False}),
        ),
    ),
    Fleet(
        "broken",
        "a broken YAML, a missing file, invalid objects one and two at once, each repaired",
        ends(
            install({"app/kustomization.yaml": _TWO_FILES, **_PLAIN}),
            push("break the yaml", {"app/one.yaml": "kind: [unclosed\n"}),
            push("repair the yaml", {"app/one.yaml": config_map("one", a="4")}),
            push("a missing file", {"app/one.yaml": None}),
            push("the file is back", {"app/one.yaml": config_map("one", a="5")}),
            push("a bad name", {"app/two.yaml": docs(_BAD_NAME)}),
            push("repair the name", {"app/two.yaml": config_map("two", b="2")}),
            push("a wrong type", {"app/two.yaml": docs(_WRONG_TYPE)}),
            push("two bad objects", {"app/two.yaml": docs(_BAD_NAME, _WRONG_TYPE)}),
            push("repair both", {"app/two.yaml": config_map("two", b="3")}),
            push("no name at all", {"app/two.yaml": "apiVersion: v1\nkind: ConfigMap\n"}),
            push(
                "an unknown kind",
                {
                    "app/two.yaml": docs(
                        _UNKNOWN := "apiVersion: no.example/v1\nkind: No\nmetadata: {name: no}\n"
                    )
                },
            ),
            push("the same twice", {"app/two.yaml": config_map("one", a="6")}),
            push("a broken kustomization", {"app/kustomization.yaml": 'resources: ["\\ud83d\\ude00"]\n'}),
            push(
                "repair all", {"app/kustomization.yaml": _TWO_FILES, "app/two.yaml": config_map("two", b="4")}
            ),
        ),
    ),
    Fleet(
        "path",
        "spec.path that is not there, by spec and by commit",
        ends(
            install(_PLAIN),
            Step("elsewhere", Act.ASK, apps={"path": "./nowhere"}),
            push("there it is", {"nowhere/three.yaml": config_map("three")}),
            push("gone again", {"nowhere/three.yaml": None}),
            Step("back", Act.ASK, apps={"path": "./app"}),
            Step("root", Act.ASK, apps={"path": None}),
        ),
    ),
    Fleet(
        "empty",
        "a build that becomes empty, and things again",
        ends(
            install(_PLAIN),
            push("nothing left", {"app/one.yaml": None, "app/two.yaml": None, "app/README.md": "words\n"}),
            push("something again", {"app/three.yaml": config_map("three")}),
        ),
    ),
    Fleet(
        "no-prune",
        "prune: false, then true: what left the source stays",
        ends(
            install(_PLAIN),
            push("remove", {"app/two.yaml": None}),
            Step("prune from now on", Act.ASK, apps={"prune": True}),
            push("remove the other", {"app/one.yaml": None, "app/three.yaml": config_map("three")}),
            Step("and not any more", Act.ASK, apps={"prune": False}),
        ),
        apps={"prune": False},
    ),
    Fleet(
        "late-source",
        "the Kustomization is there before its source",
        ends(install(_PLAIN), push("change", {"app/one.yaml": config_map("one", a="2")})),
        late_source=True,
    ),
    Fleet(
        "suspended-end",
        "a suspended Kustomization is deleted: its objects stay",
        ends(install(_PLAIN), Step("suspend", Act.LEAVE, apps={"suspend": True})),
    ),
)
