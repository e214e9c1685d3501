"""Old API versions rewritten: tables of before and after, and what holds for any text."""
# ruff: noqa: E501 - tables of texts

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.removed import REMOVED, SERVED, replacement
from penstock.migrate.mentions import may_mention
from penstock.migrate.rewrite import rewrite

DEPTH = 200
HEAD = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: apps
spec:
"""
NEW_HEAD = HEAD.replace("v1beta2", "v1")


def after(text: str) -> str:
    found = rewrite(text, DEPTH)
    assert found.by_hand == ()
    return found.text


@pytest.mark.parametrize(("group", "kind"), SERVED)
def test_the_version_of_every_kind_is_rewritten_in_its_place(group: str, kind: str) -> None:
    for version in REMOVED[group]:
        text = f"# first\n---\nkind: {kind}   # what\napiVersion: '{group}/{version}' # old\nmetadata: {{name: a}}\n"
        assert after(text) == text.replace(version, SERVED[group, kind])


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("  interval: 10m # often\n", "  interval: 10m # often\n"),
        ("  validation: client # nothing\n  prune: true\n", "  prune: true\n"),
        (
            "  # why\n  healthChecks:\n  - kind: HelmRelease\n    apiVersion: helm.toolkit.fluxcd.io/v2beta1\n",
            "  # why\n  healthChecks:\n  - kind: HelmRelease\n    apiVersion: helm.toolkit.fluxcd.io/v2\n",
        ),
        (
            (
                "  patches:\n  - target: {group: helm.toolkit.fluxcd.io, version: v2beta2, kind: HelmRelease}\n"
                "    patch: |\n      apiVersion: helm.toolkit.fluxcd.io/v2beta2\n      kind: HelmRelease\n"
            ),
            (
                "  patches:\n  - target: {group: helm.toolkit.fluxcd.io, version: v2, kind: HelmRelease}\n"
                "    patch: |\n      apiVersion: helm.toolkit.fluxcd.io/v2\n      kind: HelmRelease\n"
            ),
        ),
        (
            (
                "  patchesStrategicMerge:\n  # one\n  - apiVersion: v1\n    kind: ConfigMap\n\n    # deep\n"
                "    data: {a: b}\n  prune: true\n"
            ),
            (
                "  patches:\n  # one\n  - patch: |\n      apiVersion: v1\n      kind: ConfigMap\n\n      # deep\n"
                "      data: {a: b}\n  prune: true\n"
            ),
        ),
        (
            (
                "  patchesJson6902: # two\n    - target:\n        kind: Service\n      patch:\n      - op: remove\n"
                "        path: /x\n    - patch: [{op: remove, path: /y}]\n      target: {kind: Pod}\n"
            ),
            (
                "  patches: # two\n    - target:\n        kind: Service\n      patch: |\n        - op: remove\n"
                "          path: /x\n    - patch: |\n        [{op: remove, path: /y}]\n      target: {kind: Pod}\n"
            ),
        ),
        (
            (
                "  patchesJson6902:\n  - patch:\n    - op: remove\n      path: /x\n    target: {kind: Pod}\n"
                "  patches:\n    - patch: middle\n  patchesStrategicMerge:\n  - kind: X\n"
            ),
            (
                "  patches:\n    - patch: |\n        kind: X\n    - patch: middle\n"
                "    - patch: |\n        - op: remove\n          path: /x\n      target: {kind: Pod}\n"
            ),
        ),
        (
            "  patchesStrategicMerge:\n  - apiVersion: helm.toolkit.fluxcd.io/v2beta1\n    kind: HelmRelease\n",
            "  patches:\n  - patch: |\n      apiVersion: helm.toolkit.fluxcd.io/v2\n      kind: HelmRelease\n",
        ),
    ],
)
def test_what_went_with_the_version_of_a_kustomization_goes_with_it(before: str, wanted: str) -> None:
    assert after(HEAD + before) == NEW_HEAD + wanted


@pytest.mark.parametrize(
    ("kind", "old", "new", "before", "wanted"),
    [
        (
            "HelmRelease",
            "helm.toolkit.fluxcd.io/v2beta1",
            "helm.toolkit.fluxcd.io/v2",
            "spec:\n  chart:\n    spec:\n      valuesFile: ./a.yaml # one\n",
            "spec:\n  chart:\n    spec:\n      valuesFiles: [./a.yaml] # one\n",
        ),
        (
            "HelmChart",
            "source.toolkit.fluxcd.io/v1beta2",
            "source.toolkit.fluxcd.io/v1",
            "spec:\n  valuesFiles:\n    - b.yaml\n  valuesFile: a,b.yaml\n",
            "spec:\n  valuesFiles:\n    - a,b.yaml\n    - b.yaml\n",
        ),
        (
            "HelmChart",
            "source.toolkit.fluxcd.io/v1beta1",
            "source.toolkit.fluxcd.io/v1",
            "spec: {valuesFile: a.yaml, chart: x}\n",
            "spec: {valuesFiles: [a.yaml], chart: x}\n",
        ),
        (
            "HelmRelease",
            "helm.toolkit.fluxcd.io/v2beta2",
            "helm.toolkit.fluxcd.io/v2",
            "spec:\n  postRenderers:\n  - kustomize:\n      patchesStrategicMerge:\n      - kind: A\n",
            "spec:\n  postRenderers:\n  - kustomize:\n      patches:\n      - patch: |\n          kind: A\n",
        ),
        (
            "GitRepository",
            "source.toolkit.fluxcd.io/v1beta2",
            "source.toolkit.fluxcd.io/v1",
            (
                "spec:\n  url: x\n  accessFrom:\n    # any\n    namespaceSelectors:\n    - a: b\n"
                "  gitImplementation: libgit2\n"
            ),
            "spec:\n  url: x\n",
        ),
    ],
)
def test_fields_of_the_other_kinds(kind: str, old: str, new: str, before: str, wanted: str) -> None:
    head = "apiVersion: {}\nkind: " + kind + "\n"
    assert after(head.format(old) + before) == head.format(new) + wanted


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEAD + "  {{ if x }}a: b{{ end }}\n", 1, "write kustomize.toolkit.fluxcd.io/v1: it is no YAML"),
        (HEAD + "  a: [\n", 1, "it is no YAML"),
        (HEAD + "  a: " + "[" * 300 + "]" * 300 + "\n", 1, "it is no YAML"),
        (HEAD + "  patchesStrategicMerge: [{kind: A}]\n", 6, "no list with a line for each"),
        (HEAD + "  patchesStrategicMerge:\n  - &a {kind: A}\n", 6, "an anchor, an alias or a tag"),
        (HEAD + "  patchesStrategicMerge:\n  - file.yaml\n", 6, "is no object"),
        (HEAD.replace("\nspec:\n", "\nspec: {validation: none, prune: true}\n"), 5, "take out validation"),
        (HEAD + "  validation: none\n", 6, "take out validation"),
        (
            (
                "apiVersion: image.toolkit.fluxcd.io/v1beta1\nkind: ImageUpdateAutomation\nspec:\n  git:\n"
                "    commit:\n      messageTemplate: '{{ .Updated.Images }}'\n"
            ),
            6,
            "messageTemplate has .Updated",
        ),
    ],
)
def test_what_only_a_person_can_decide_is_named_and_nothing_of_its_file_is_changed(
    text: str, line: int, said: str
) -> None:
    found = rewrite(text, DEPTH)
    assert found.text == text
    assert found.changes == ()
    assert [one.line for one in found.by_hand] == [line]
    assert said in found.by_hand[0].what


def test_every_change_has_the_line_of_the_text_as_it_was() -> None:
    text = HEAD + "  validation: none\n  prune: true\n---\n" + HEAD + "  prune: true\n"
    told = [(one.line, one.what) for one in rewrite(text, DEPTH).changes]
    version = "Kustomization kustomize.toolkit.fluxcd.io/v1beta2 -> v1"
    assert told == [(1, version), (6, "validation taken out"), (9, version)]


def test_other_line_breaks_and_a_missing_last_one_stay() -> None:
    text = (HEAD + "  prune: true\n  patchesStrategicMerge:\n  - kind: A\n    b: c").replace("\n", "\r\n")
    wanted = (NEW_HEAD + "  prune: true\n  patches:\n  - patch: |\n      kind: A\n      b: c\n").replace(
        "\n", "\r\n"
    )
    assert after(text) == wanted
    assert after(HEAD + "  prune: true") == NEW_HEAD + "  prune: true"


def test_the_crds_of_flux_are_not_even_read() -> None:
    crd = "spec:\n  group: kustomize.toolkit.fluxcd.io\n  versions:\n  - name: v1beta2\n    served: false\n"
    assert not may_mention(crd * 3)
    assert may_mention(HEAD)
    assert may_mention("target: {group: helm.toolkit.fluxcd.io, version: 'v2beta1', kind: HelmRelease}")


def test_an_alias_bomb_is_walked_once() -> None:
    bomb = "a0: &a0 {x: y}\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    assert after(HEAD + "  prune: true\n---\n" + bomb) == NEW_HEAD + "  prune: true\n---\n" + bomb


_WORDS = st.text(alphabet="abc :#'\"-{}[]|&*!\n", max_size=12)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(SERVED)), st.sampled_from(["v1", "v2", "v1beta1", "v2beta2"]), _WORDS
        ),
        max_size=4,
    )
)
def test_any_documents_mean_the_same_afterwards_but_for_their_versions_and_a_second_time_changes_nothing(
    parts: list[tuple[tuple[str, str], str, str]],
) -> None:
    text = "---\n".join(
        yaml.safe_dump({"apiVersion": f"{group}/{version}", "kind": kind, "spec": {"x": words}})
        + f"# {words!r}\n"
        for (group, kind), version, words in parts
    )
    found = rewrite(text, DEPTH)
    assert found.by_hand == ()
    assert rewrite(found.text, DEPTH).changes == ()
    assert [line for line in found.text.splitlines() if line[:1] == "#"] == [
        line for line in text.splitlines() if line[:1] == "#"
    ]
    wanted = [_renewed(obj) for obj in yaml.safe_load_all(text)]
    assert list(yaml.safe_load_all(found.text)) == wanted


def _renewed(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "apiVersion": replacement(obj["apiVersion"], obj["kind"]) or obj["apiVersion"]}


_PARTS = st.sampled_from([*"ab:-|>&*!#{}[]'\"\n \t", HEAD, "spec", "\n  patchesStrategicMerge:\n  - "])


@given(st.lists(_PARTS, max_size=40).map("".join))
def test_any_text_is_rewritten_or_left_as_it_is_and_never_an_error(text: str) -> None:
    found = rewrite(text, DEPTH)
    assert found.text == text or found.changes
    if found.changes:
        assert rewrite(found.text, DEPTH).text == found.text
