"""Kustomizations that depend on each other: on one that is ready, missing, failing, or told by an expression.

Pure. Beside `apps` each has an `infra` made by hand, of which only what it applies is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.differential.story import Act, Edit, Fleet, Step, config_map, ends, files, install, push

if TYPE_CHECKING:
    from bench.differential.story import Json

_KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/@NS@/kustomizations"
_FILES = {"app/one.yaml": config_map("one", a="1"), "infra/base.yaml": config_map("base", a="1")}
_BROKEN = {"infra/base.yaml": "kind: [unclosed\n"}
_INFRA = {"name": "infra"}


def _infra(**spec: object) -> tuple[tuple[str, Json], ...]:
    """The other Kustomization."""
    return (
        (
            _KUSTOMIZATIONS,
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {"name": "infra"},
                "spec": {
                    "interval": "1h",
                    "retryInterval": "1h",
                    "prune": True,
                    "path": "./infra",
                    "targetNamespace": "@NS@",
                    "sourceRef": {"kind": "GitRepository", "name": "fleet"},
                    **spec,
                },
            },
        ),
    )


def _asks(name: str, **dependency: str) -> Step:
    return Step(name, Act.ASK, apps={"dependsOn": [{**_INFRA, **dependency}]})


def _over(*steps: Step) -> tuple[Step, ...]:
    """The steps, and then the end of both Kustomizations and the source."""
    gone = Step(
        "infra is deleted", Act.ASK, apps={"dependsOn": None}, edits=(Edit(f"{_KUSTOMIZATIONS}/infra"),)
    )
    return ends(*steps, gone)


DEPENDENT = (
    Fleet(
        "depends-chain",
        "one Kustomization after another",
        _over(
            install(_FILES),
            push(
                "change both",
                {"app/one.yaml": config_map("one", a="2"), "infra/base.yaml": config_map("base")},
            ),
            push("change the last", {"app/one.yaml": config_map("one", a="3")}),
            push("nothing changed", {"README.md": "words\n"}),
        ),
        apps={"dependsOn": [_INFRA]},
        before=_infra(),
    ),
    Fleet(
        "depends-missing",
        "a dependency that is not there, and one in another namespace",
        ends(
            install(_FILES),
            Step("missing", Act.ASK, apps={"dependsOn": [_INFRA]}),
            Step(
                "missing elsewhere", Act.ASK, apps={"dependsOn": [{"name": "infra", "namespace": "default"}]}
            ),
            Step("not any more", Act.ASK, apps={"dependsOn": None}),
        ),
    ),
    Fleet(
        "depends-failing",
        "a dependency that fails, and is repaired",
        _over(
            install({**_FILES, **_BROKEN}),
            _asks("depends on it"),
            push("repaired", {"infra/base.yaml": config_map("base", a="2")}),
        ),
        before=_infra(),
    ),
    Fleet(
        "depends-circle",
        "two that wait for each other",
        _over(
            install(_FILES),
            _asks("a circle"),
            Step("push", Act.LEAVE, files=files({"app/one.yaml": config_map("one", a="2")})),
            Step("ask", Act.ASK),
        ),
        before=_infra(suspend=True, dependsOn=[{"name": "apps"}]),
    ),
    Fleet(
        "depends-expr",
        "expressions that hold, do not hold, have no result, and are none",
        _over(
            install(_FILES),
            _asks("holds", readyExpr="dep.metadata.name == 'infra' && dep.spec.interval == '1h0m0s'"),
            _asks("does not hold", readyExpr="dep.metadata.name == self.metadata.name"),
            _asks("has no result", readyExpr="dep.status.nothing == 1"),
            _asks("is no bool", readyExpr="dep.status.observedGeneration"),
            _asks("is none", readyExpr="dep."),
            _asks("knows no such variable", readyExpr="deps.metadata.name == 'infra'"),
            _asks("holds again", readyExpr="has(dep.status.conditions)"),
        ),
        before=_infra(),
    ),
)
