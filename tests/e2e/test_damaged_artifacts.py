"""What lies in the bucket is not what was stored: nothing is applied or pruned by it, Git gives it anew.

Once with a folder, once on Cloud Storage (threats A-27, B-20, B-21).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from penstock.store.folder import FolderBucket
from penstock.store.gcs import EMULATOR

from tests.e2e.fleet import Fleet, config_map, ready, revision
from tests.runtime.processes import ask
from tests.store.cloud import cloud_bucket, make_place
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.store.bucket import Bucket

    from tests.e2e.conftest import Serve
    from tests.e2e.fleet import Functions, Json
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube

    Damage = Callable[[bytes], bytes | None]


@dataclass(frozen=True)
class Kept:
    """A running `penstock serve`, its bucket, and how the bucket itself is taken away and made again."""

    functions: Functions
    bucket: Bucket
    take_away: Callable[[], None] = lambda: None
    bring_back: Callable[[], None] = lambda: None


@pytest.fixture(scope="session")
def on_cloud_storage(
    serve: Serve, gcs_emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    place = make_place(gcs_emulator, "prod/")
    bucket = cloud_bucket(gcs_emulator, place)

    def emptied_and_gone() -> bool:
        lose_everything(bucket)
        return ask(gcs_emulator, f"/storage/v1/b/{place.name}", method="DELETE")[0] == 200

    def take_away() -> None:
        # What a run remembers is written after its status, and a bucket that is not empty stays.
        eventually(emptied_and_gone, "the end of the bucket")

    def bring_back() -> None:
        body, headers = json.dumps({"name": place.name}).encode(), {"Content-Type": "application/json"}
        assert ask(gcs_emulator, "/storage/v1/b", body, headers)[0] == 200

    folder = tmp_path_factory.mktemp("penstock")
    with serve(folder, {EMULATOR: gcs_emulator}, bucket=place) as functions:
        yield Kept(functions, bucket, take_away, bring_back)


@pytest.fixture(params=["folder", "gcs"])
def kept(request: pytest.FixtureRequest, functions: Functions) -> Kept:
    if request.param == "folder":
        return Kept(functions, FolderBucket(functions.bucket))
    found: Kept = request.getfixturevalue("on_cloud_storage")
    return found


@pytest.fixture
def standing(kube: Kube, kept: Kept, namespace: str, repository: WorkingCopy) -> Fleet:
    """Twenty ConfigMaps, pushed and applied: enough for an archive of many blocks."""
    fleet = Fleet(kube, kept.functions, namespace, repository)
    fleet.add_source()
    fleet.add_kustomization()
    fleet.wait_applied(fleet.push({f"{n}.yaml": config_map(f"map-{n}", x=str(n) * 600) for n in range(20)}))
    return fleet


def pointer(fleet: Fleet) -> Json:
    """What the status says of the artifact."""
    found: Json = fleet.the("GitRepository", "fleet")["status"]["artifact"]
    return found


def read(bucket: Bucket, key: str) -> bytes | None:
    found = bucket.get(key)
    return None if found is None else found[0]


def lose_everything(bucket: Bucket) -> None:
    for entry in bucket.list(""):
        bucket.delete(entry.key)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGES: dict[str, Damage] = {
    "gone": lambda _: None,
    "empty": lambda _: b"",
    "cut in its head": lambda data: data[:9],
    "cut after a block": lambda data: data[:512],
    "cut in its middle": lambda data: data[: len(data) // 2],
    "cut before its end": lambda data: data[:-1],
    "with something behind it": lambda data: data + b"x",
    "with another bit": flipped,
}


def test_a_damaged_artifact_is_neither_applied_nor_a_reason_to_prune(standing: Fleet, kept: Kept) -> None:
    key, before = pointer(standing)["path"], standing.names("ConfigMap")
    whole = read(kept.bucket, key)
    assert whole is not None
    for damaged in DAMAGES.values():
        left = damaged(whole)
        kept.bucket.delete(key) if left is None else kept.bucket.put(key, left)
        status, answer = standing.invoke("Kustomization", "apps")
        assert (status, answer["outcome"]["reason"]) == (500, "ArtifactFailed")
        assert standing.names("ConfigMap") == before
        assert standing.invoke("GitRepository", "fleet")[0] == 200
        assert read(kept.bucket, key) == whole
    at = standing.copy.git("rev-parse", "HEAD")
    assert standing.invoke("Kustomization", "apps")[0] == 200
    standing.wait_applied(at)
    assert standing.names("ConfigMap") == before


def test_the_source_notices_damage_before_anybody_reads_it(standing: Fleet, kept: Kept) -> None:
    key, before = pointer(standing)["path"], standing.names("ConfigMap")
    whole = read(kept.bucket, key)
    assert whole is not None
    kept.bucket.put(key, flipped(whole))
    standing.announce()
    eventually(lambda: read(kept.bucket, key) == whole, "the artifact")
    standing.wait_stored(standing.copy.git("rev-parse", "HEAD"))
    assert standing.invoke("Kustomization", "apps")[0] == 200
    assert standing.names("ConfigMap") == before


def test_a_pointer_to_something_else_is_not_followed(standing: Fleet, kept: Kept) -> None:
    before, artifact = standing.names("ConfigMap"), pointer(standing)
    path, digest = str(artifact["path"]), str(artifact["digest"])
    whole = read(kept.bucket, path)
    assert whole is not None
    file = path.rpartition("/")[2]
    other = path.replace(file, "0" * 64 + ".tar.gz")
    elsewhere = f"gitrepository/elsewhere/fleet/{file}"
    for key in (other, elsewhere):
        kept.bucket.put(key, whole)
    for field, value in (
        ("path", other),
        ("path", elsewhere),
        ("path", "../../../etc/passwd"),
        ("path", path[:-1]),
        ("path", ""),
        ("digest", "md5:" + "0" * 32),
        ("digest", "sha256:" + "0" * 64),
        ("digest", "sha256:" + digest.removeprefix("sha256:").upper()),
        ("digest", digest[:-1]),
    ):
        assert write_pointer(standing, {**artifact, field: value}) == 200
        status, answer = standing.invoke("Kustomization", "apps")
        assert (status, answer["outcome"]["reason"]) == (500, "ArtifactFailed"), value
        assert standing.names("ConfigMap") == before
        assert standing.invoke("GitRepository", "fleet")[0] == 200
        assert pointer(standing)["digest"] == digest
    for cut in ({"digest": ""}, {"digest": None}, {"path": None}, {"revision": None}):
        assert write_pointer(standing, {**artifact, **cut}) == 422
    for key in (other, elsewhere):
        kept.bucket.delete(key)


def write_pointer(fleet: Fleet, artifact: Json) -> int:
    """What somebody with a right to the status may do to it; the API server's answer."""
    headers = {"Content-Type": "application/merge-patch+json"}
    path = f"{fleet.path('GitRepository', 'fleet')}/status"
    return fleet.kube.request("PATCH", path, {"status": {"artifact": artifact}}, headers)[0]


def test_a_lost_bucket_is_filled_again_and_deletes_nothing(standing: Fleet, kept: Kept) -> None:
    before, at = standing.names("ConfigMap"), standing.copy.git("rev-parse", "HEAD")
    lose_everything(kept.bucket)
    assert standing.invoke("Kustomization", "apps")[0] == 500
    standing.announce()
    standing.wait_applied(at)
    assert ready(standing.the("GitRepository", "fleet"))[0] == "True"
    assert standing.the("Kustomization", "apps")["status"]["lastAppliedRevision"] == revision(at)
    assert standing.names("ConfigMap") == before


def test_after_a_loss_nothing_is_pruned_before_everything_was_applied(standing: Fleet, kept: Kept) -> None:
    before = standing.names("ConfigMap")
    lose_everything(kept.bucket)
    standing.push({"0.yaml": None, "bad.yaml": config_map("bad", x="1").replace('"1"', "[]")})
    standing.wait_failed("ReconciliationFailed")
    assert set(standing.names("ConfigMap")) == set(before)
    standing.wait_applied(standing.push({"bad.yaml": None}))
    assert set(standing.names("ConfigMap")) == set(before) - {"map-0"}


@pytest.mark.parametrize("kept", ["gcs"], indirect=True)
def test_a_bucket_that_is_not_there_any_more_deletes_nothing(standing: Fleet, kept: Kept) -> None:
    before, at = standing.names("ConfigMap"), standing.copy.git("rev-parse", "HEAD")
    kept.take_away()
    try:
        assert standing.invoke("GitRepository", "fleet", wait="1s")[0] in (500, 504)
        assert standing.invoke("Kustomization", "apps", wait="1s")[0] in (500, 504)
        assert standing.names("ConfigMap") == before
    finally:
        kept.bring_back()
    standing.announce()
    standing.wait_applied(at)
    assert standing.names("ConfigMap") == before
