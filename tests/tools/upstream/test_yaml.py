"""YAML as it stands in repositories: read as kustomize reads it, or refused (threats A-45 to A-51, C-24)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.tools.upstream.kubeyaml import read_all
from tests.tools.upstream.test_same_as_kubectl import ordered

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.upstream import Upstream
from tests.tools.upstream.reading import BESIDE, HEAD, built, refused

KUSTOMIZATION = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"


def rendered(kubectl: Path, folder: Path, content: bytes) -> list[dict[str, Any]] | None:
    """What the real kustomize gives for the same file; None if it refuses it."""
    (folder / "a.yaml").write_bytes(content)
    (folder / "kustomization.yaml").write_bytes(KUSTOMIZATION)
    argv = [str(kubectl), "kustomize", str(folder)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=120, env={})
    return None if done.returncode else ordered(read_all(done.stdout))


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
