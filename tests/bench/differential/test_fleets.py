from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from penstock.api.unsupported import GIT_REPOSITORY_FIELDS, KUSTOMIZATION_FIELDS
from penstock.base.errors import Terminal

from bench.differential.fleets.all import WRITTEN, chosen
from bench.differential.fleets.generated import STORIES, Tree, generated, steps_of
from bench.differential.fleets.public import public
from bench.differential.story import Act

if TYPE_CHECKING:
    from pathlib import Path

    from bench.differential.story import Fleet, Json

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def fields(spec: Json) -> set[str]:
    """The fields that a spec sets, as docs/reference.md names them."""
    found: set[str] = set()
    for key, value in spec.items():
        found |= {f"spec.{key}.{inner}" for inner in value} if key == "ref" else {f"spec.{key}"}
    return found


@pytest.mark.parametrize("fleet", WRITTEN, ids=lambda fleet: fleet.name)
def test_a_fleet_begins_with_files_and_ends_with_nothing(fleet: Fleet) -> None:
    assert _NAME.fullmatch(fleet.namespace)
    assert fleet.steps[0].name == "install"
    assert fleet.steps[0].files
    assert [step.act for step in fleet.steps[-2:]] == [Act.DELETE, Act.DELETE_SOURCE]
    assert max(Counter(step.name for step in fleet.steps).values()) == 1


@pytest.mark.parametrize("fleet", WRITTEN, ids=lambda fleet: fleet.name)
def test_a_fleet_uses_what_is_built_only(fleet: Fleet) -> None:
    for source, apps in ((fleet.source, fleet.apps), *((step.source, step.apps) for step in fleet.steps)):
        assert fields(source) <= GIT_REPOSITORY_FIELDS
        assert fields(apps) <= KUSTOMIZATION_FIELDS


@pytest.mark.parametrize("fleet", WRITTEN, ids=lambda fleet: fleet.name)
def test_a_step_removes_only_what_is_there(fleet: Fleet) -> None:
    there: set[str] = set()
    for step in fleet.steps:
        gone = {path for path, content in step.files.items() if content is None}
        assert gone <= there, step.name
        there = (there | set(step.files)) - gone


def test_fleets_have_names_of_their_own() -> None:
    assert len({fleet.name for fleet in WRITTEN}) == len(WRITTEN)


def test_the_same_seed_gives_the_same_fleets() -> None:
    assert generated(7, 3) == generated(7, 3)
    assert generated(7, 3) != generated(8, 3)
    assert [fleet.name for fleet in generated(7, 2)] == ["generated-1", "generated-2"]
    assert generated(7, 0) == ()


@given(STORIES)
def test_the_steps_of_a_generated_fleet_end_at_its_last_tree(trees: list[Tree]) -> None:
    there: Tree = {}
    for step in steps_of(trees):
        for path, content in step.files.items():
            if content is None:
                del there[path]
            else:
                there[path] = content
                assert yaml.safe_load(content)["kind"]
    assert there == trees[-1]


def test_fleets_are_chosen_by_name() -> None:
    fleets, _ = chosen(["story", "generated-2", "generated"], 7, 2)
    assert [fleet.name for fleet in fleets] == ["story", "generated-2", "generated-1"]
    everything, _ = chosen([], 7, 2)
    assert all(fleet in everything for fleet in (*WRITTEN, *fleets))
    with pytest.raises(Terminal, match="no such fleet: nothing"):
        chosen(["nothing"], 7, 2)


def test_without_the_folder_of_public_fleets_there_are_none(tmp_path: Path) -> None:
    assert public(tmp_path / "none") == ()


def test_a_public_fleet_has_the_files_of_its_folder(tmp_path: Path) -> None:
    for name in ("podinfo/kustomize", "flux2-kustomize-helm-example/apps"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.yaml").write_text("image: podinfo:6.1\n")
    podinfo, apps, configs = public(tmp_path)
    assert podinfo.steps[0].files == {"kustomize/x.yaml": b"image: podinfo:6.1\n"}
    assert podinfo.steps[1].files == {"kustomize/x.yaml": b"image: podinfo:7.1\n"}
    assert [step.name for step in apps.steps] == ["install", "ask", "delete", "delete source"]
    assert configs.apps == {"path": "./infrastructure/configs", "targetNamespace": None}
