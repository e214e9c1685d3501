from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.bootstrap.overlay import OverlayRefused, overlay

_OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
_OURS = {"gotk-components.yaml": _OBJECT, "gotk-sync.yaml": _OBJECT}


def test_a_missing_file_is_made_as_flux_makes_it() -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    listed = "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
    assert overlay(_OURS) == ("kustomization.yaml", head + listed)


def test_manifests_and_bases_that_lie_in_the_folder_are_in_it_and_nothing_else() -> None:
    files = {
        **_OURS,
        "apps-sync.yaml": _OBJECT,
        "README.md": "# Hello",
        "values.yaml": "replicas: 3\n",
        "broken.yaml": "a: [",
        "half.yaml": f"{_OBJECT}---\nreplicas: 3\n",
        "empty.yaml": "",
        "two.yml": f"{_OBJECT}---\n{_OBJECT}---\n",
        "base/kustomization.yaml": "resources: [a.yaml]",
        "base/a.yaml": _OBJECT,
        "base/more/kustomization.yaml": "",
        "plain/b.yaml": _OBJECT,
    }
    listed = yaml.safe_load(overlay(files)[1])["resources"]
    assert listed == [
        "apps-sync.yaml",
        "base",
        "gotk-components.yaml",
        "gotk-sync.yaml",
        "plain/b.yaml",
        "two.yml",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\npatches:\n- path: more.yaml # kept\n",
        "resources: [./gotk-sync.yaml, gotk-components.yaml, apps]",
        "# mine\r\nresources:\r\n- gotk-components.yaml\r\n- gotk-sync.yaml\r\n",
    ],
)
def test_a_file_that_names_both_stays_to_the_character(text: str) -> None:
    assert overlay({**_OURS, "kustomization.yaml": text}) == ("kustomization.yaml", text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "resources:\n  # mine\n  - gotk-components.yaml # 1\npatches:\n  - path: a\n",
            "resources:\n  # mine\n  - gotk-components.yaml # 1\n  - gotk-sync.yaml\npatches:\n  - path: a\n",
        ),
        ("resources:\n- apps", "resources:\n- apps\n- gotk-components.yaml\n- gotk-sync.yaml\n"),
        ("resources: []\n", "resources: [gotk-components.yaml, gotk-sync.yaml]\n"),
        ("resources: [apps]\n", "resources: [apps, gotk-components.yaml, gotk-sync.yaml]\n"),
        ("namePrefix: a", "namePrefix: a\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"),
        ("# empty\n", "# empty\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"),
        (
            "resources:\r\n- apps\r\n",
            "resources:\r\n- apps\r\n- gotk-components.yaml\r\n- gotk-sync.yaml\r\n",
        ),
    ],
)
def test_what_a_file_lacks_is_added_and_everything_else_stays(text: str, wanted: str) -> None:
    assert overlay({**_OURS, "kustomization.yaml": text}) == ("kustomization.yaml", wanted)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"kustomization.yaml": "a: ["}, "no YAML that can be read"),
        ({"kustomization.yaml": "- a"}, "one YAML object"),
        ({"kustomization.yaml": "a: 1\n---\nb: 2"}, "one YAML object"),
        ({"kustomization.yaml": "resources: a"}, "resources is no list"),
        ({"kustomization.yaml": "resources:\n"}, "add gotk-components.yaml"),
        ({"kustomization.yaml": "{namePrefix: a}"}, "add gotk-components.yaml"),
        ({"kustomization.yaml": "", "Kustomization": ""}, "remove the other"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_refused_with_what_to_do(files: dict[str, str], why: str) -> None:
    with pytest.raises(OverlayRefused, match=why):
        overlay({**_OURS, **files})


def test_the_name_that_is_there_is_kept() -> None:
    assert overlay({**_OURS, "Kustomization": "resources: []"})[0] == "Kustomization"


@given(
    st.lists(st.sampled_from(["apps", "gotk-sync.yaml", "gotk-components.yaml", "a b.yaml"]), unique=True),
    st.sampled_from([None, True, False]),
    st.booleans(),
)
def test_whatever_list_is_there_both_are_in_it_afterwards_and_a_second_time_changes_nothing(
    listed: list[str], flow: bool | None, behind: bool
) -> None:
    content = {"namePrefix": "x", "resources": listed, **({"zzz": [1]} if behind else {})}
    text = yaml.safe_dump(content, default_flow_style=False if flow is None else flow)
    if flow:
        text = (
            yaml.safe_dump({"namePrefix": "x"})
            + f"resources: {yaml.safe_dump(listed, default_flow_style=True)}"
        )
    name, made = overlay({**_OURS, "kustomization.yaml": text})
    found = yaml.safe_load(made)
    assert found["resources"][: len(listed)] == listed
    assert {"gotk-components.yaml", "gotk-sync.yaml"} <= set(found["resources"])
    assert len(set(found["resources"])) == len(found["resources"])
    assert overlay({**_OURS, name: made}) == (name, made)
