"""Variables of a Kustomization's spec (postBuild), from the spec itself, ConfigMaps and Secrets. Pure."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from bench.differential.story import Act, Edit, Fleet, Json, Step, config_map, docs, ends, install, push

_MAPS, _SECRETS = "/api/v1/namespaces/@NS@/configmaps", "/api/v1/namespaces/@NS@/secrets"


def _map(name: str, **data: str) -> tuple[str, Json]:
    return _MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _secret(name: str, **data: str) -> tuple[str, Json]:
    encoded = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    return _SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}


def _edited(name: str, patch: Json | None, to: str = f"{_MAPS}/vars") -> Step:
    """Somebody changes what variables come from, and asks for a look."""
    return Step(name, Act.ASK, edits=(Edit(to, patch),))


def _respec(name: str, **post_build: Any) -> Step:
    """Another postBuild over the same files."""
    return Step(name, Act.ASK, apps={"postBuild": post_build})


def _from(kind: str, name: str, **more: Any) -> Json:
    return {"kind": kind, "name": name, **more}


_FUNCTIONS = docs("""
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: functions}
    data:
      plain: "${name}"
      twice: "${name}-${name}"
      escaped: "$${name} $$name $name"
      default: "${none:-def} ${none:=def} ${none:-${name}} ${empty:-def} ${none:-}"
      length: "x${#name}"
      cases: "${name^} ${name^^} ${upper,} ${upper,,}"
      parts: "${path:4} ${path:0:3} ${path:4:3} ${path:99}."
      trimmed: "${path##*/} ${path#*/} ${path%/*} ${path%%/*}"
      replaced: "${path/o/0} ${path//o/0} ${path/#one/1} ${path/%three/3}"
      slashes: "${path//\\\\//-}"
      nested: "${ref}"
      dollars: "${dollars}"
""")
_TYPES = docs(
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: "types-${name}"
      annotations: {number: "x${number}", quoted: '"${number}"', word: "x ${yes}"}
    data:
      text: 'x ${number}'
      quoted: '"${number}"'
      odd: "a: ${number} # no comment"
      lines: |
        one ${name}
        two ${number}
    """,
    """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: "${name}"}
      ports:
      - port: 80
        targetPort: 1
""",
)
_PORT = _TYPES.replace("targetPort: 1", "targetPort: ${number}")


def _one(text: str) -> str:
    return docs(f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: one}}
        data: {{value: "{text}"}}
    """)


SUBSTITUTING = (
    Fleet(
        "variables",
        "variables in the spec: functions, escapes, defaults, line breaks, numbers and words",
        ends(
            install({"app/functions.yaml": _FUNCTIONS, "app/types.yaml": _PORT}),
            push("change", {"app/functions.yaml": _FUNCTIONS.replace("plain:", "plane:")}),
            Step("another name", Act.ASK, apps={"postBuild": {"substitute": {"name": "other"}}}),
            Step(
                "a line break",
                Act.ASK,
                apps={"postBuild": {"substitute": {"name": "a\nb", "number": "81\n"}}},
            ),
            Step("one that is no port", Act.ASK, apps={"postBuild": {"substitute": {"number": "x"}}}),
        ),
        apps={
            "postBuild": {
                "substitute": {
                    "name": "abc",
                    "upper": "ABC",
                    "path": "one/two/three",
                    "number": "8080",
                    "yes": "yes",
                    "empty": "",
                    "ref": "${name}",
                    "dollars": "a$b",
                }
            }
        },
    ),
    Fleet(
        "variables-from",
        "variables from ConfigMaps and Secrets that change, come and go",
        ends(
            install(
                {
                    "app/one.yaml": _one("${a} ${b} ${c} ${d:-none}"),
                    "app/two.yaml": config_map("two", plain="x"),
                }
            ),
            _edited("another value", {"data": {"a": "map 2"}}),
            _edited("another secret", {"data": {"b": b64encode(b"secret 2").decode()}}, f"{_SECRETS}/keys"),
            _edited("a label only", {"metadata": {"labels": {"a": "b"}}}),
            _edited("a key that went", {"data": {"a": None}}),
            _edited("and came back", {"data": {"a": "map 3", "d": "there"}}),
            _edited("the ConfigMap went", None),
            _respec(
                "it is optional",
                substituteFrom=[_from("ConfigMap", "vars", optional=True), _from("Secret", "keys")],
            ),
            push("with a default", {"app/one.yaml": _one("${a:-none} ${b}")}),
            _edited("the Secret went", None, f"{_SECRETS}/keys"),
        ),
        before=(_map("vars", a="map 1", c="map"), _secret("keys", b="secret 1", c="from the Secret")),
        apps={
            "postBuild": {
                "substitute": {"c": "spec"},
                "substituteFrom": [_from("ConfigMap", "vars"), _from("Secret", "keys")],
            }
        },
    ),
    Fleet(
        "variables-strategies",
        "no variable at all, with both strategies, and objects that are marked",
        ends(
            install(
                {
                    "app/one.yaml": _one("${a:-none} $${b}"),
                    "app/annotated.yaml": _one("${a").replace(
                        "{name: one}",
                        "{name: two, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}",
                    ),
                    "app/labelled.yaml": _one("${a").replace(
                        "{name: one}",
                        "{name: three, labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}",
                    ),
                }
            ),
            _respec("always", substituteStrategy="Always"),
            _respec("with one", substituteStrategy="WithVariables", substitute={"a": "there"}),
            _respec("an unknown reference", substituteFrom=[_from("ConfigMap", "none")]),
            push("only marked ones", {"app/one.yaml": None}),
            push("all of them", {"app/one.yaml": _one("${a}")}),
        ),
        apps={"postBuild": {}},
    ),
    Fleet(
        "variables-wrong",
        "names, expressions and values that are none, and what values do to the text around them",
        ends(
            install({"app/one.yaml": _one("${a}")}),
            push("no value and no default", {"app/one.yaml": _one("${none}")}),
            push("no value for a function", {"app/one.yaml": _one("${none^^}")}),
            push("no end", {"app/one.yaml": _one("${a")}),
            push("no name", {"app/one.yaml": _one("${}")}),
            push("a name with a dash", {"app/one.yaml": _one("${a-b}")}),
            push("well again", {"app/one.yaml": _one("x ${a}")}),
            _respec("a variable with a dash", substitute={"a-b": "c"}),
            _respec("a value with a colon", substitute={"a-b": None, "a": "b: c"}),
            push("not quoted", {"app/one.yaml": _one("${a}").replace('"${a}"', "${a}")}),
            _respec("a mapping", substitute={"a": "{b: c}"}),
            _respec("a comment", substitute={"a": "b # c"}),
            _respec("another document", substitute={"a": "b\n---\nkind: ConfigMap\n"}),
            _respec("two of a name", substitute={"a": "two"}),
            push(
                "really",
                {
                    "app/two.yaml": config_map("two"),
                    "app/one.yaml": _one("1").replace("name: one", "name: '${a}'"),
                },
            ),
            push(
                "a name that goes",
                {"app/two.yaml": None, "app/one.yaml": _one("1").replace("name: one", "name: '${b:-}'")},
            ),
            push("a name again", {"app/one.yaml": _one("1")}),
            push(
                "a number for an annotation",
                {
                    "app/one.yaml": _one("1").replace(
                        "{name: one}", "{name: one, annotations: {n: '${n:-8080}'}}"
                    )
                },
            ),
            push("a text for it", {"app/one.yaml": _one("2")}),
        ),
        apps={"postBuild": {"substitute": {"a": "value"}}},
    ),
)
