"""apply on artifacts that are not what they should be: nothing is applied and nothing pruned (A-27, B-23)."""

from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING

import pytest
from penstock.source.archive import digest_of

from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, artifact_of, pack_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.kustomize.world import World

A, B, C = (config_map(name, data={"x": "1" * 2000}) for name in "abc")
FILES = {"apps/a.yaml": A, "apps/b.yaml": B, "apps/c.yaml": C}


def offer(world: World, data: bytes, owner: str = "fleet") -> None:
    """Let the source offer these bytes, whose digest is right, as its artifact."""
    stored = world.artifacts.store("GitRepository", NAMESPACE, owner, data, {})
    world.patch(REPOSITORY, {"status": {"artifact": artifact_of(stored)}}, "status")


def cuts(size: int) -> Iterable[int]:
    return sorted({*range(0, size, 512), *random.Random(1).sample(range(size), 20)})


def test_an_artifact_of_another_source_is_refused_although_it_is_whole(world: World) -> None:
    world.add()
    offer(world, pack_files({"apps/a.yaml": A}).data, owner="other")
    outcome = world.one(APPS)
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
    assert "is not one of GitRepository" in outcome.message
    assert world.owned() == []


@pytest.mark.parametrize("inside", [False, True])
def test_an_artifact_that_is_cut_anywhere_deletes_nothing(world: World, inside: bool) -> None:
    world.add()
    world.push(FILES)
    assert world.one().ok
    before = world.owned()
    whole = pack_files({"apps/0.yaml": A, **FILES}).data
    whole = gzip.decompress(whole) if inside else whole
    for end in cuts(len(whole)):
        offer(world, gzip.compress(whole[:end]) if inside else whole[:end])
        outcome = world.one(APPS)
        assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed"), end
        assert world.owned() == before
    assert len(world.inventory()) == 3


def test_a_bucket_that_gives_part_of_an_artifact_deletes_nothing(world: World) -> None:
    world.add()
    world.push(FILES)
    assert world.one().ok
    before = world.owned()
    packed = pack_files({"apps/0.yaml": A})
    for end in cuts(len(packed.data)):
        offer(world, packed.data)
        key = f"gitrepository/{NAMESPACE}/fleet/{digest_of(packed.data).removeprefix('sha256:')}.tar.gz"
        world.bucket.put(key, packed.data[:end])
        outcome = world.one(APPS)
        assert outcome.message == "Source is not ready, artifact not found, retrying in 30s"
        assert world.owned() == before
