"""What a failed build says: where and why, and nothing of what the files hold."""

from __future__ import annotations

import pytest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, Upstream

from tests.tools.upstream.fleets import BASE, CONFIG, Files, files, kustomization

CANARY = "c4nary-d0-not-show"
ENCODED = "YzRuYXJ5LWQwLW5vdC1zaG93"
VALUES = f"data: {{a: {ENCODED}}}, stringData: {{b: {CANARY}}}"
SECRET = f"{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, {VALUES}}}"
NAMELESS = f"{{apiVersion: v1, kind: Secret, metadata: {{annotations: {{x: {CANARY}}}}}}}"

FAILING: dict[str, tuple[Files, str]] = {
    "no kubernetes object": ({"app/a.yaml": f"password: {CANARY}\n".encode()}, "app/a.yaml"),
    "no mapping": ({"app/a.yaml": f"{CANARY}\n".encode()}, "app/a.yaml"),
    "a list": ({"app/a.yaml": f"[{CANARY}]\n".encode()}, "app/a.yaml"),
    "no yaml": ({"app/a.yaml": f"a: [{CANARY}\n".encode()}, "app/a.yaml"),
    "no name": (
        {"app/a.yaml": NAMELESS.encode()},
        "missing metadata.name",
    ),
    "kustomization is text": ({"app/kustomization.yaml": CANARY.encode()}, "app/kustomization.yaml"),
    "resources is text": (
        {"app/kustomization.yaml": f"resources: {CANARY}\n".encode()},
        "app/kustomization.yaml",
    ),
    "the same object twice": (
        {"app/a.yaml": SECRET.encode(), "app/b.yaml": SECRET.encode()},
        "already registered",
    ),
    "ids that collide": (
        {
            "app/kustomization.yaml": b"resources: [a.yaml]\nnamespace: x\n",
            "app/a.yaml": f"{SECRET}\n---\n{SECRET.replace('name: s', 'name: s, namespace: other')}".encode(),
        },
        "conflict",
    ),
    "a literal without a key": (
        {"app/kustomization.yaml": f"secretGenerator: [{{name: s, literals: [{CANARY}]}}]\n".encode()},
        "invalid literal source",
    ),
    "an env file of bytes": (
        {
            "app/kustomization.yaml": b"secretGenerator: [{name: s, envs: [e.env]}]\n",
            "app/e.env": f"{CANARY}=\xff".encode("latin-1"),
        },
        "invalid utf8",
    ),
    "a generator that clashes": (
        {
            "app/kustomization.yaml": f"""
secretGenerator:
- {{name: s, literals: [a={CANARY}]}}
- {{name: s, literals: [b={CANARY}]}}
""".encode()
        },
        "s",
    ),
    "a patch of nothing": (
        {
            **BASE,
            **files(app__K=kustomization(resources="[../base]", patches=f"[{{patch: '[{CANARY}'}}]")),
        },
        "patch",
    ),
    "a patch without a target": (
        {
            **BASE,
            **files(
                app__K=kustomization(
                    resources="[../base]",
                    patches=f"[{{patch: '{{apiVersion: v1, kind: A, metadata: {{name: {CANARY}}}}}'}}]",
                )
            ),
        },
        "no resource matches",
    ),
    "infinity": (
        {"app/a.yaml": f"{{apiVersion: v1, kind: A, metadata: {{name: a}}, v: .inf, c: {CANARY}}}".encode()},
        "A/a",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_an_error_names_the_place_and_not_the_content(name: str, upstream: Upstream) -> None:
    tree, place = FAILING[name]
    with pytest.raises(BuildError) as caught:
        upstream.build(tree, "app", overlay=Overlay())
    text = str(caught.value)
    assert place in text
    if name != "a patch without a target":  # a name is not content
        assert CANARY not in text
    assert ENCODED not in text
    assert "\n" not in text
    assert len(text) < 2200


def test_a_value_of_a_secret_is_masked_wherever_it_turns_up(upstream: Upstream) -> None:
    replacements = """
    - source: {kind: Secret, name: s, fieldPath: stringData.b, options: {delimiter: '-', index: 99}}
      targets: [{select: {kind: ConfigMap}, fieldPaths: [data.colour]}]
    """
    tree = files(
        app__K=kustomization(resources="[c.yaml, s.yaml]", replacements=replacements),
        app__c_yaml=CONFIG,
        app__s_yaml=SECRET,
    )
    with pytest.raises(BuildError) as caught:
        upstream.build(tree, "app", overlay=Overlay())
    assert "out of bounds for value ***" in str(caught.value)
