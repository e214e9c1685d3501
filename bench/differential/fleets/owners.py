"""Whose objects they are: marks on objects, and what others made or wrote. Pure."""

from __future__ import annotations

from bench.differential.story import (
    Act,
    Edit,
    Fleet,
    Step,
    config_map,
    docs,
    ends,
    install,
    push,
)

_HAND_MADE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "there"},
    "data": {"by": "hand", "more": "kept"},
}
_MARK = "kustomize.toolkit.fluxcd.io"
_OF_ANOTHER = {
    **_HAND_MADE,
    "metadata": {"name": "there", "labels": {f"{_MARK}/name": "other", f"{_MARK}/namespace": "@NS@"}},
}
_LIVE = "/api/v1/namespaces/@NS@/configmaps"


def _marked(name: str, mark: str, value: str, where: str = "annotations", data: str = "1") -> str:
    return docs(f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: {name}, {where}: {{{_MARK}/{mark}: {value}}}}}
        data: {{a: "{data}"}}
    """)


OWNERS = (
    Fleet(
        "marks",
        "objects that must not be pruned or reconciled",
        ends(
            install(
                {
                    "app/kept.yaml": _marked("kept", "prune", "disabled"),
                    "app/left.yaml": _marked("left", "reconcile", "disabled"),
                    "app/label.yaml": _marked("label", "prune", "Disabled", "labels"),
                    "app/once.yaml": _marked("once", "ssa", "IfNotPresent"),
                    "app/plain.yaml": config_map("plain"),
                    "app/anchor.yaml": config_map("anchor"),
                }
            ),
            push(
                "change all",
                {
                    "app/kept.yaml": _marked("kept", "prune", "disabled", data="2"),
                    "app/left.yaml": _marked("left", "reconcile", "disabled", data="2"),
                    "app/once.yaml": _marked("once", "ssa", "IfNotPresent", data="2"),
                },
            ),
            Step(
                "marked by hand",
                Act.ASK,
                edits=(
                    Edit(
                        f"{_LIVE}/plain",
                        {
                            "metadata": {"annotations": {f"{_MARK}/reconcile": "disabled"}},
                            "data": {"by": "hand"},
                        },
                    ),
                ),
            ),
            push(
                "remove most",
                {f"app/{name}.yaml": None for name in ("kept", "left", "label", "once", "plain")},
            ),
        ),
    ),
    Fleet(
        "taken-over",
        "an object that somebody else made",
        ends(
            install({"app/there.yaml": config_map("there", by="git", new="1")}),
            push("change", {"app/there.yaml": config_map("there", by="git again")}),
        ),
        before=(("/api/v1/namespaces/@NS@/configmaps", _HAND_MADE),),
    ),
    Fleet(
        "kubectl",
        "fields that kubectl wrote",
        ends(
            install({"app/one.yaml": config_map("one", a="1")}),
            Step(
                "kubectl edit",
                Act.ASK,
                edits=(Edit(f"{_LIVE}/one", {"data": {"a": "2", "more": "3"}}, by="kubectl-edit"),),
            ),
            Step("ask again", Act.ASK),
        ),
    ),
    Fleet(
        "two-owners",
        "an object that another Kustomization has applied",
        ends(
            install({"app/there.yaml": config_map("there", by="git")}),
            push("change", {"app/there.yaml": config_map("there", by="git again")}),
        ),
        before=(("/api/v1/namespaces/@NS@/configmaps", _OF_ANOTHER),),
    ),
)
