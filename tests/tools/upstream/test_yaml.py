"""YAML as it stands in repositories: read as kustomize reads it, or refused (threats A-45 to A-51, C-24)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.kustomize.objects import InvalidBuild, prepare
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, BuildTooLarge, Upstream

from tests.kustomize.builders import OWNER
from tests.tools.upstream.kubeyaml import read_all
from tests.tools.upstream.test_same_as_kubectl import ordered

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: example.com/v1\nkind: A\nmetadata: {name: a}\n"
BESIDE = HEAD.replace("name: a", "name: b")
KUSTOMIZATION = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
CANARY = "hunter2canary"


def built(upstream: Upstream, content: bytes) -> list[dict[str, Any]]:
    """What our pipeline gives for one file; numbers beyond 63 bits are floats to Kubernetes."""
    objects = upstream.build({"app/a.yaml": content}, "app", overlay=Overlay()).objects
    return ordered([_as_kubernetes_reads(one) for one in objects])


def refused(upstream: Upstream, content: bytes) -> str:
    with pytest.raises(BuildError) as caught:
        built(upstream, content)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def rendered(kubectl: Path, folder: Path, content: bytes) -> list[dict[str, Any]] | None:
    """What the real kustomize gives for the same file; None if it refuses it."""
    (folder / "a.yaml").write_bytes(content)
    (folder / "kustomization.yaml").write_bytes(KUSTOMIZATION)
    argv = [str(kubectl), "kustomize", str(folder)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=120, env={})
    return None if done.returncode else ordered(read_all(done.stdout))


def _as_kubernetes_reads(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_kubernetes_reads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_kubernetes_reads(inner) for inner in value]
    return float(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value


SCALARS = {
    "010": 8,
    "0o10": 8,
    "0x1F": 31,
    "0b11": 3,
    "1:30": "1:30",
    "1_000": 1000,
    "NO": "NO",
    "on": "on",
    "y": "y",
    "1e3": 1000,
    "1e400": "1e400",
    "2024-01-01": "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z",
    "9223372036854775807": 9223372036854775807,
    "9223372036854775808": 9223372036854775808.0,
    "9" * 30: 1e30,
    "9" * 5000: "9" * 5000,
    "-0": 0,
    "-0.0": 0,
    "+1": 1,
    "1.10": 1.1,
    "1.": 1,
    "~": None,
    "Null": None,
    "TRUE": True,
    "=": "=",
    "'\\x'": "\\x",
    '"\\x41\\u263a\\e"': "A☺\x1b",
    "|\n  a\n  b": "a\nb\n",
    ">-\n  a\n  b": "a b",
}


def test_scalars_are_what_kustomize_makes_of_them(upstream: Upstream, kubectl: Path, tmp_path: Path) -> None:
    fields = "".join(f"v{n}: {text}\n" for n, text in enumerate(SCALARS))
    (found,) = built(upstream, (HEAD + fields).encode())
    values = [found[f"v{n}"] for n in range(len(SCALARS))]
    assert json.dumps(values) == json.dumps(list(SCALARS.values()))  # True is not 1 there
    assert rendered(kubectl, tmp_path, (HEAD + fields).encode()) == [found]


TAGS = {
    "!!binary aGVsbG8=": "hello",
    "!!set {a, b}": {"a": "", "b": ""},
    "!!omap [a: 1]": [{"a": 1}],
    "!!python/object/apply:os.system [id]": ["id"],
    "!!python/name:os.system": "",
    "!ENC[x] abc": "abc",
    "!foo {a: 1}": {"a": 1},
    "!<tag:example.com,2026:x> v": "v",
    "!!str 1": "1",
    "!!int '1'": 1,
    "!!timestamp 2024-01-01": "2024-01-01T00:00:00Z",
}


@pytest.mark.parametrize("text", TAGS)
def test_a_tag_makes_nothing_but_the_value_that_kustomize_makes(
    text: str, upstream: Upstream, kubectl: Path, tmp_path: Path
) -> None:
    content = f"{HEAD}v: {text}\n".encode()
    (found,) = built(upstream, content)
    assert found["v"] == TAGS[text]
    assert rendered(kubectl, tmp_path, content) == [found]


WHOLE = {
    "UTF-16": f"{HEAD}v: x\n".encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + HEAD.encode(),
    "a byte order mark in the middle": f"{HEAD}---\n\ufeff{BESIDE}".encode(),
    "CR alone": f"{HEAD}v: x\n".replace("\n", "\r").encode(),
    "CR LF": f"{HEAD}v: x\nw: |\n  a\n  b\n".replace("\n", "\r\n").encode(),
    "tabs between words": f"{HEAD}v:\ta\tb\n".encode(),
    "letters put together in two ways": f"{HEAD}v: e\u0301 \u00e9\n".encode(),
    "beyond 16 bits": f"{HEAD}v: \U0001f600\n".encode(),
    "merge keys": f"{HEAD}x: &x {{a: 1}}\ny: &y {{a: 2, b: 1}}\nv:\n  <<: [*x, *y]\n  b: 3\n".encode(),
    "an empty key": f"{HEAD}v: {{'': b}}\n".encode(),
    "nothing": b"",
    "a comment": b"# nothing\n",
    "null": b"null\n",
    "an empty mapping": b"{}\n",
    "an empty list": b"[]\n",
    "empty documents": f"---\n---\n# c\n---\n{HEAD}---\nnull\n---\n".encode(),
    "an end of document": f"{HEAD}...\n{BESIDE}".encode(),
    "a list in a list": f"""
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}
- apiVersion: v1
  kind: ConfigMapList
  items: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}]
---
{HEAD}""".encode(),
    "an empty list of objects": b"{apiVersion: v1, kind: List, items: []}\n",
    "no list of objects": b"{apiVersion: v1, kind: List, items: null}\n",
    "items of its own": f"{HEAD}items: [1]\n".encode(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_is_what_kustomize_makes_of_it(
    name: str, upstream: Upstream, kubectl: Path, tmp_path: Path
) -> None:
    assert built(upstream, WHOLE[name]) == rendered(kubectl, tmp_path, WHOLE[name])


NOWHERE = f"{{apiVersion: v1, kind: Secret, metadata: {{labels: {{a: {CANARY}}}}}, data: {{p: {CANARY}}}}}\n"
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "infinity": (f"{HEAD}v: .inf\n", "A/a cannot be written as JSON"),
    "minus infinity": (f"{HEAD}v: -.inf\n", "A/a cannot be written as JSON"),
    "no number": (f"{HEAD}v: .nan\n", "A/a cannot be written as JSON"),
    "a key twice": (
        f"{HEAD}a: {CANARY}\na: {CANARY}\n",
        "A/a cannot be written as JSON: it has a mapping with",
    ),
    "a key twice, once in quotes": (f"{HEAD}v: {{1: a, '1': b}}\n", "the same key twice"),
    "true twice, once in quotes": (f"{HEAD}v: {{true: a, 'true': b}}\n", "the same key twice"),
    "keys that are no text": (f"{HEAD}v: {{1: a, true: b}}\n", "A/a cannot be written as JSON"),
    "a key that is a list": (f"{HEAD}v: {{[a]: b}}\n", "A/a cannot be written as JSON"),
    "a merge key twice": (
        f"{HEAD}x: &x {{a: 1}}\nv:\n  <<: *x\n  <<: *x\n",
        "app/a.yaml: duplicate merge key",
    ),
    "an unknown anchor": (f"{HEAD}v: *b\n", "from app/a.yaml"),
    "half a surrogate": (f'{HEAD}v: "\\ud800"\n', "from app/a.yaml"),
    "UTF-32": (f"{HEAD}".encode("utf-32"), "from app/a.yaml"),
    "UTF-16 without a mark": (f"{HEAD}".encode("utf-16-le"), "from app/a.yaml"),
    "Latin-1": (f"{HEAD}v: é\n".encode("latin-1"), "from app/a.yaml"),
    "a surrogate in UTF-8": (HEAD.encode() + b"v: \xed\xa0\x80\n", "from app/a.yaml"),
    "too long UTF-8": (HEAD.encode() + b"v: \xc0\xaf\n", "from app/a.yaml"),
    "a NUL": (f"{HEAD}v: a\0b\n", "from app/a.yaml"),
    "a terminal's escape": (f"{HEAD}v: a\x1b[31mb\n", "from app/a.yaml"),
    "tabs that indent": (f"{HEAD}v:\n\ta: 1\n", "from app/a.yaml"),
    "no base64": (f"{HEAD}v: !!binary '!{CANARY}'\n", "A/a cannot be written as JSON"),
    "a scalar": (f"{CANARY}\n", "from app/a.yaml: missing Resource metadata"),
    "a number": ("7\n", "from app/a.yaml: missing Resource metadata"),
    "a list": (f"- {{apiVersion: v1, kind: A, metadata: {{name: {CANARY}}}}}\n", "from app/a.yaml"),
    "a scalar behind an object": (f"{HEAD}---\n{CANARY}\n", "from app/a.yaml (document 2 of 2)"),
    "a list of objects without a kind": (
        f"apiVersion: v1\nkind: ConfigMapList\nitems:\n- {{metadata: {{name: a}}, data: {{a: {CANARY}}}}}\n",
        "from app/a.yaml: missing kind in object",
    ),
    "no apiVersion": (f"kind: A\nmetadata: {{name: a}}\np: {CANARY}\n", 'from object 1 (kind "A", name "a")'),
    "no kind": (f"apiVersion: v1\nmetadata: {{name: a}}\np: {CANARY}\n", "from app/a.yaml: missing kind"),
    "no name": (NOWHERE, "from app/a.yaml: missing metadata.name"),
    "no name behind others": (
        f"{HEAD}---\n# none\n---\n{NOWHERE}",
        "from app/a.yaml (document 3 of 3): missing metadata.name",
    ),
    "a name to be made": (
        f"{{apiVersion: v1, kind: A, metadata: {{generateName: a-}}, p: {CANARY}}}",
        "app/a.yaml",
    ),
    "metadata that is a list": (f"{{apiVersion: v1, kind: A, metadata: [{CANARY}]}}", "from app/a.yaml"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named_by_its_place_and_not_by_its_content(name: str, upstream: Upstream) -> None:
    content, place = REFUSED[name]
    assert place in refused(upstream, content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    "meta", ["{name: a/b}", "{name: a, namespace: Upper}", "{name: .., p: hunter2canary}"]
)
def test_an_object_that_no_cluster_can_have_is_refused_by_its_place_in_the_build(
    meta: str, upstream: Upstream
) -> None:
    content = f"{BESIDE}---\napiVersion: v1\nkind: A\nmetadata: {meta}\ndata: {{p: {CANARY}}}\n"
    found = upstream.build({"app/a.yaml": content.encode()}, "app", overlay=Overlay())
    with pytest.raises(InvalidBuild, match="object 2 of the build") as caught:
        prepare(found.objects, OWNER, Limits())
    assert CANARY not in str(caught.value)


MANY = {
    "a list of a million in brackets": (f"{HEAD}v: [{'1,' * 1_000_000}1]\n", "PENSTOCK_LIMIT_YAML_NODES"),
    "a list of a million lines": (HEAD + "v:\n" + "- a\n" * 1_000_000, "PENSTOCK_LIMIT_YAML_NODES"),
    "a text of 50 MB": (HEAD + "v: " + "x" * 50_000_000 + "\n", "PENSTOCK_LIMIT_MANIFEST_BYTES"),
    "a hundred thousand documents": (
        "".join(f"---\n{HEAD}" for _ in range(100_000)),
        "PENSTOCK_LIMIT_BUILD_OBJECTS",
    ),
    "a deep list": (f"{HEAD}v: {'[' * 300}{']' * 300}\n", "PENSTOCK_LIMIT_YAML_DEPTH"),
}


@pytest.mark.parametrize("name", MANY)
def test_too_much_is_refused_by_a_limit_that_is_named(name: str, upstream: Upstream) -> None:
    content, limit = MANY[name]
    with pytest.raises(BuildTooLarge, match=limit):
        built(upstream, content.encode())
    assert built(upstream, HEAD.encode())[0]["kind"] == "A"


def test_a_hundred_thousand_empty_documents_are_nothing(upstream: Upstream) -> None:
    assert len(built(upstream, b"---\n" * 100_000 + HEAD.encode())) == 1


PLAIN = st.text("0123456789", min_size=1, max_size=25) | st.text(
    "0123456789.eE+-_:xobnfNaultrsy~TF=<", min_size=1, max_size=8
).filter(lambda text: text[-1] not in ":<" and text[0] not in "-=<" and text.strip("-"))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Co", "Cn"]), max_size=12)
KEYS = st.text("abcXYZ019_.-/ ", min_size=1, max_size=6).map("k".__add__)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9, width=32) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A file of objects with scalars as people write them, and with values as programs write them."""
    found = []
    for n in range(draw(st.integers(1, 12))):
        plain = "".join(f"p{i}: {text}\n" for i, text in enumerate(draw(st.lists(PLAIN, max_size=4))))
        written = yaml.dump(
            {"v": draw(VALUES)},
            default_flow_style=draw(st.sampled_from([True, False, None])),
            default_style=draw(st.sampled_from([None, None, "'", '"', "|", ">"])),
            allow_unicode=draw(st.booleans()),
            width=100_000,
        )
        inner = f"{written.strip()[1:-1]}\n" if written.startswith("{") else written
        found.append(HEAD.replace("name: a", f"name: a{n}") + plain + inner)
    return "---\n".join(found)


@given(text=documents())
@settings(max_examples=30)
def test_any_objects_are_those_that_kustomize_gives(
    text: str, upstream: Upstream, kubectl: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected = rendered(kubectl, tmp_path_factory.mktemp("app"), text.encode())
    event(f"taken: {expected is not None}")
    if expected is None:
        refused(upstream, text.encode())
    else:
        assert built(upstream, text.encode()) == expected
