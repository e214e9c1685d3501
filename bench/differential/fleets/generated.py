"""Fleets that nobody wrote: a base of random objects below a random overlay, changed twice. Pure.

Some have variables of random values put in.

The strategies are hypothesis'; the same seed and number of examples give the same fleets.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.differential.story import Act, Fleet, Step, ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.differential.story import Json

Tree = dict[str, bytes]

_NAMES = st.sampled_from(("a", "b", "c-1", "d.e", "x" * 40))
_LABELS = st.sampled_from(("one", "yes", "1", "0x10", "true", "", "a.b_c"))
_EXPRESSIONS = st.sampled_from(
    ("${v}", "x ${w} y", "${v:-none}", "${n:=1}", "$${v}", "${w^^}", "${v/a/b}", "${#w}", "${w%b}", "a: ${v}")
)
_TEXTS = st.one_of(
    _EXPRESSIONS,
    st.sampled_from(
        ("", "yes", "null", "~", "0", "1e3", "010", "2024-01-01", " a ", "a: b", "# no", "{x}", "%")
    ),
    st.sampled_from(
        ("two\nlines\n", "ends without\nnewline", "\ttab", "ü ☃", "'quoted' \"twice\"", "$(VAR) ${x}")
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
)
_KEYS = st.sampled_from(("key", "a.b", "x-y", "_z", "UPPER"))
_DATA = st.dictionaries(_KEYS, _TEXTS, max_size=3)
_PAIRS = st.dictionaries(
    st.sampled_from(("team", "example.org/tier", "zone")), _LABELS, min_size=1, max_size=2
)


def _object(kind: str, name: str, labels: Json, body: Json, api: str = "v1") -> Json:
    metadata: Json = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}


@st.composite
def _deployments(draw: st.DrawFn) -> Json:
    name = draw(st.sampled_from(("web", "api")))
    container: Json = {
        "name": "main",
        "image": draw(st.sampled_from(("nginx", "nginx:1.0", "example.org/app@sha256:" + "0" * 64))),
        "env": [
            {"name": key.upper().replace(".", "_").replace("-", "_"), "value": value}
            for key, value in draw(_DATA).items()
        ],
    }
    if draw(st.booleans()):
        container["ports"] = [{"containerPort": draw(st.integers(1, 65535))}]
    if draw(st.booleans()):
        container["resources"] = {"limits": {"cpu": draw(st.sampled_from((1, "0.5", "500m", 1.5)))}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec: Json = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if draw(st.booleans()):
        spec["replicas"] = draw(st.integers(0, 3))
    return _object("Deployment", name, draw(st.one_of(st.just({}), _PAIRS)), {"spec": spec}, "apps/v1")


_CONFIGS = st.builds(
    lambda name, labels, data: _object("ConfigMap", name, labels, {"data": data}),
    _NAMES,
    st.one_of(st.just({}), _PAIRS),
    _DATA,
)
_SECRETS = st.builds(lambda name, data: _object("Secret", name, {}, {"stringData": data}), _NAMES, _DATA)
_SERVICES = st.builds(
    lambda port, named: _object(
        "Service", "web", {}, {"spec": {"selector": {"app": "web"}, "ports": [{"port": port, **named}]}}
    ),
    st.integers(1, 65535),
    st.sampled_from(({}, {"name": "http", "protocol": "TCP"}, {"targetPort": "http"}, {"targetPort": 8080})),
)
_OBJECTS = st.lists(
    st.one_of(_CONFIGS, _CONFIGS, _SECRETS, _SERVICES, _deployments()),
    min_size=1,
    max_size=6,
    unique_by=lambda obj: (obj["kind"], obj["metadata"]["name"]),
)
_OVERLAYS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "namePrefix": st.sampled_from(("pre-", "p")),
        "nameSuffix": st.just("-post"),
        "commonLabels": _PAIRS,
        "labels": _PAIRS.map(lambda pairs: [{"pairs": pairs, "includeTemplates": True}]),
        "commonAnnotations": st.dictionaries(st.sampled_from(("note", "example.org/n")), _TEXTS, min_size=1),
        "images": st.sampled_from(
            ([{"name": "nginx", "newTag": "9"}], [{"name": "nginx", "newName": "other"}])
        ),
        "configMapGenerator": _DATA.map(
            lambda data: [{"name": "made", "literals": [f"{k}={_line(v)}" for k, v in data.items()]}]
        ),
        "patches": _DATA.map(
            lambda data: [
                {
                    "target": {"kind": "ConfigMap"},
                    "patch": json.dumps([{"op": "add", "path": "/metadata/annotations", "value": data}]),
                }
            ]
        ),
    },
)


def _line(value: str) -> str:
    return value.replace("\n", " ")


def _yaml(value: Json) -> bytes:
    """As JSON, but for characters that YAML knows no such escape of."""
    return json.dumps(value, ensure_ascii=False).encode()


def _tree(objects: Sequence[Json], overlay: Json, *, listed: bool) -> Tree:
    """A base with one file per object, its kustomization.yaml only if `listed`, and what is laid upon it."""
    names = [f"{index}.yaml" for index in range(len(objects))]
    tree = {f"base/{name}": _yaml(obj) for name, obj in zip(names, objects, strict=True)}
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    if listed:
        tree["base/kustomization.yaml"] = _yaml({**head, "resources": names})
        tree["app/kustomization.yaml"] = _yaml({**head, "resources": ["../base"], **overlay})
        return tree
    return {path.replace("base/", "app/deep/"): content for path, content in tree.items()}


_VARIABLES = st.one_of(st.none(), st.fixed_dictionaries(dict.fromkeys("xvw", _TEXTS)))
TREES = st.builds(_tree, _OBJECTS, _OVERLAYS, listed=st.sampled_from((True, True, True, False)))
STORIES = st.lists(TREES, min_size=3, max_size=3)


def steps_of(trees: Sequence[Tree]) -> tuple[Step, ...]:
    """Install the first tree, then make each of the next ones of the one before."""
    before: Tree = {}
    steps: list[Step] = []
    for number, tree in enumerate(trees):
        changes: dict[str, bytes | None] = dict.fromkeys(before.keys() - tree.keys())
        changes |= {path: content for path, content in tree.items() if before.get(path) != content}
        steps.append(Step(f"tree {number + 1}" if number else "install", Act.PUSH, changes))
        before = tree
    return ends(*steps)


def generated(start: int, examples: int) -> tuple[Fleet, ...]:
    """That many fleets of this seed."""
    if not examples:
        return ()
    found: list[Fleet] = []

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(STORIES, _VARIABLES)
    def collect(trees: list[Tree], variables: Json | None) -> None:
        apps = {} if variables is None else {"postBuild": {"substitute": variables}}
        found.append(Fleet("generated", "made by chance", steps_of(trees), apps=apps))

    collect()
    return tuple(replace(fleet, name=f"generated-{number}") for number, fleet in enumerate(found, 1))
