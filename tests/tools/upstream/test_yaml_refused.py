"""Manifests that are refused: named by their place, and never by their content."""

from __future__ import annotations

import pytest
from penstock.base.limits import Limits
from penstock.kustomize.objects import InvalidBuild, prepare
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildTooLarge, Upstream

from tests.kustomize.builders import OWNER
from tests.tools.upstream.reading import BESIDE, CANARY, HEAD, built, refused

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
