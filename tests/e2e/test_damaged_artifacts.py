"""What lies in the bucket is not what was stored: nothing is applied or pruned by it, Git gives it anew."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import config_map, ready, revision
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.fleet import Fleet, Json

    Damage = Callable[[bytes], bytes | None]


@pytest.fixture
def standing(fleet: Fleet) -> Fleet:
    """Twenty ConfigMaps, pushed and applied: enough for an archive of many blocks."""
    fleet.add_source()
    fleet.add_kustomization()
    fleet.wait_applied(fleet.push({f"{n}.yaml": config_map(f"map-{n}", x=str(n) * 600) for n in range(20)}))
    return fleet


def archive(fleet: Fleet) -> Path:
    """The file that the status points to."""
    found: Json = fleet.the("GitRepository", "fleet")["status"]["artifact"]
    return fleet.functions.bucket / str(found["path"])


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


def test_a_damaged_artifact_is_neither_applied_nor_a_reason_to_prune(standing: Fleet) -> None:
    path, before = archive(standing), standing.names("ConfigMap")
    whole = path.read_bytes()
    for damaged in DAMAGES.values():
        left = damaged(whole)
        path.unlink(missing_ok=True) if left is None else path.write_bytes(left)
        status, answer = standing.invoke("Kustomization", "apps")
        assert (status, answer["outcome"]["reason"]) == (500, "ArtifactFailed")
        assert standing.names("ConfigMap") == before
        assert standing.invoke("GitRepository", "fleet")[0] == 200
        assert path.read_bytes() == whole
    at = standing.copy.git("rev-parse", "HEAD")
    assert standing.invoke("Kustomization", "apps")[0] == 200
    standing.wait_applied(at)
    assert standing.names("ConfigMap") == before


def test_the_source_notices_damage_before_anybody_reads_it(standing: Fleet) -> None:
    path, before = archive(standing), standing.names("ConfigMap")
    whole = path.read_bytes()
    path.write_bytes(flipped(whole))
    standing.announce()
    eventually(lambda: path.is_file() and path.read_bytes() == whole, "the artifact")
    standing.wait_stored(standing.copy.git("rev-parse", "HEAD"))
    assert standing.invoke("Kustomization", "apps")[0] == 200
    assert standing.names("ConfigMap") == before


def test_a_pointer_to_something_else_is_not_followed(standing: Fleet) -> None:
    before, artifact = (
        standing.names("ConfigMap"),
        standing.the("GitRepository", "fleet")["status"]["artifact"],
    )
    other = archive(standing).with_name("0" * 64 + ".tar.gz")
    shutil.copy(archive(standing), other)
    for field, value in (
        ("path", str(other.relative_to(standing.functions.bucket))),
        ("path", "gitrepository/elsewhere/fleet/" + archive(standing).name),
        ("path", "../../../etc/passwd"),
        ("digest", "md5:" + "0" * 32),
        ("digest", "sha256:" + "0" * 64),
    ):
        pointer = {"status": {"artifact": {**artifact, field: value}}}
        headers = {"Content-Type": "application/merge-patch+json"}
        path = f"{standing.path('GitRepository', 'fleet')}/status"
        assert standing.kube.request("PATCH", path, pointer, headers)[0] == 200
        status, answer = standing.invoke("Kustomization", "apps")
        assert (status, answer["outcome"]["reason"]) == (500, "ArtifactFailed"), value
        assert standing.names("ConfigMap") == before
        assert standing.invoke("GitRepository", "fleet")[0] == 200
        assert standing.the("GitRepository", "fleet")["status"]["artifact"]["digest"] == artifact["digest"]
    other.unlink()


def test_a_lost_bucket_is_filled_again_and_deletes_nothing(standing: Fleet) -> None:
    before, at = standing.names("ConfigMap"), standing.copy.git("rev-parse", "HEAD")
    for folder in standing.functions.bucket.iterdir():
        if not folder.name.startswith("."):
            shutil.rmtree(folder)
    assert standing.invoke("Kustomization", "apps")[0] == 500
    standing.announce()
    standing.wait_applied(at)
    assert ready(standing.the("GitRepository", "fleet"))[0] == "True"
    assert standing.the("Kustomization", "apps")["status"]["lastAppliedRevision"] == revision(at)
    assert standing.names("ConfigMap") == before
