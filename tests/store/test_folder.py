"""The bucket in a folder, on a real file system (threats A-30, B-05, B-20, B-24)."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from penstock.store.bucket import BucketFailed
from penstock.store.folder import FolderBucket


@pytest.fixture
def bucket(tmp_path: Path) -> FolderBucket:
    return FolderBucket(tmp_path / "bucket")


def files(bucket: FolderBucket) -> set[str]:
    root = bucket._root
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {".lock"}


def test_what_a_killed_process_left_half_written_goes_after_an_hour(bucket: FolderBucket) -> None:
    old, young = (bucket._root / ".aside" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    hour_ago = time.time() - 3601
    os.utime(old, (hour_ago, hour_ago))
    FolderBucket(bucket._root)
    assert (old.exists(), young.exists()) == (False, True)


def test_deleting_leaves_no_empty_folders_and_may_be_repeated(bucket: FolderBucket) -> None:
    bucket.put("a/b/c", b"1")
    bucket.put("a/d", b"1")
    bucket.delete("a/b/c")
    bucket.delete("a/b/c")
    assert [path.name for path in (bucket._root / "a").iterdir()] == ["d"]


@pytest.mark.parametrize("prefix", ["../", "/", "/etc/", "../../", "a/../../"])
def test_a_prefix_that_leaves_the_folder_lists_nothing(bucket: FolderBucket, prefix: str) -> None:
    (bucket._root.parent / "secret").write_text("x")
    assert bucket.list(prefix) == ()


def test_links_in_the_folder_are_not_listed(bucket: FolderBucket, tmp_path: Path) -> None:
    bucket.put("a/b", b"1")
    (bucket._root / "a" / "link").symlink_to(tmp_path)
    (bucket._root / "a" / "file").symlink_to("b")
    assert [entry.key for entry in bucket.list("")] == ["a/b"]


def test_a_url_is_the_files_address_or_where_the_folder_is_served(tmp_path: Path) -> None:
    assert FolderBucket(tmp_path).url("a/b") == (tmp_path / "a/b").as_uri()
    assert (
        FolderBucket(tmp_path, "http://127.0.0.1:8080/bucket/").url("a/b")
        == "http://127.0.0.1:8080/bucket/a/b"
    )


@contextmanager
def disk_full_beyond(size: int) -> Iterator[None]:
    """Writes that make a file larger fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_object_and_no_half_file(bucket: FolderBucket) -> None:
    generation = bucket.put("a", b"old")
    with disk_full_beyond(1000), pytest.raises(BucketFailed, match="could not be written: File too large"):
        bucket.put("a", bytes(5000))
    assert bucket.get("a") == (b"old", generation)
    assert files(bucket) == {"a"}


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BucketFailed, match="could not be made"):
        FolderBucket(tmp_path / "file" / "bucket")


def test_a_file_changed_behind_its_back_has_another_generation(bucket: FolderBucket) -> None:
    generation = bucket.put("a", b"1")
    bucket._path("a").write_bytes(b"2")
    assert bucket.get("a") != (b"2", generation)


_WRITER = """
import sys
from pathlib import Path
from penstock.store.bucket import PreconditionFailed
from penstock.store.folder import FolderBucket
bucket, wins = FolderBucket(Path(sys.argv[1])), 0
for number in range(50):
    try:
        bucket.put(f"k/{number}", sys.argv[2].encode() * 1000, if_absent=True)
        wins += 1
    except PreconditionFailed:
        pass
print(wins)
"""


def test_of_two_processes_exactly_one_creates_each_object(bucket: FolderBucket) -> None:
    command = [sys.executable, "-c", _WRITER, str(bucket._root)]
    writers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "ab"]
    assert sum(int(writer.communicate()[0]) for writer in writers) == 50
    assert {len(set(bucket.get(entry.key)[0])) for entry in bucket.list("k/")} == {1}  # type: ignore[index] # listed


_FOREVER = """
import sys
from pathlib import Path
from penstock.store.folder import FolderBucket
bucket, number = FolderBucket(Path(sys.argv[1])), 0
while True:
    bucket.put("k", bytes([number % 256]) * 200_000)
    number += 1
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_a_whole_object_and_no_lock(bucket: FolderBucket) -> None:
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", _FOREVER, str(bucket._root)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            writer.kill()
        found = bucket.get("k")
        assert found is not None
        assert (len(found[0]), len(set(found[0]))) == (200_000, 1)
    bucket.put("k", b"next")
