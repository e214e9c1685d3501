"""Keys of artifacts and what of them is garbage (threats A-27, A-84)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.artifact import (
    ARCHIVE,
    InvalidArtifact,
    archive_key,
    check_pointer,
    files_key,
    folder,
    garbage,
    hex_of,
    source_of,
)

HEX = "0123456789abcdef" * 4
NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Object:
    key: str
    updated: datetime


def old(key: str, seconds: float) -> Object:
    return Object(key, NOW - timedelta(seconds=seconds))


def test_an_artifact_lies_under_its_source_by_its_digest() -> None:
    key = archive_key("GitRepository", "flux-system", "fleet", f"sha256:{HEX}")
    assert key == f"gitrepository/flux-system/fleet/{HEX}.tar.gz"
    assert files_key(key) == f"gitrepository/flux-system/fleet/{HEX}.files.json"


def test_a_key_says_whose_artifact_it_is() -> None:
    key = archive_key("GitRepository", "flux-system", "fleet.eu", f"sha256:{HEX}")
    assert source_of(key) == ("gitrepository", "flux-system", "fleet.eu")


@given(st.text(alphabet="a/.-0123456789bcdef") | st.text())
def test_any_other_key_is_no_artifact(text: str) -> None:
    for key in (text, f"{text}/{HEX}.tar.gz"):
        found = source_of(key)
        assert found is None or archive_key(*found, f"sha256:{HEX}") == key


@pytest.mark.parametrize(
    "digest", ["", "sha256:", HEX, f"md5:{HEX}", f"sha256:{HEX.upper()}", f"sha256:{HEX}0", f"sha256:{HEX}\n"]
)
def test_a_digest_of_another_form_is_refused(digest: str) -> None:
    with pytest.raises(InvalidArtifact):
        hex_of(digest)


@pytest.mark.parametrize(
    ("namespace", "name"),
    [("../x", "a"), ("a", "../x"), ("a", "a%2fb"), ("a", ""), ("A", "a"), ("a", "a" * 300)],
)
def test_a_name_that_is_no_kubernetes_name_has_no_folder(namespace: str, name: str) -> None:
    with pytest.raises(InvalidArtifact):
        folder("GitRepository", namespace, name)


@pytest.mark.parametrize(
    "key",
    [
        f"gitrepository/a/other/{HEX}.tar.gz",
        f"gitrepository/a/b/{'f' * 64}.tar.gz",
        f"gitrepository/a/b/{HEX}.zip",
        f"gitrepository/a/b/../b/{HEX}.tar.gz",
        "",
    ],
)
def test_a_pointer_to_anything_but_the_sources_own_artifact_is_refused(key: str) -> None:
    with pytest.raises(InvalidArtifact):
        check_pointer(key, f"sha256:{HEX}", kind="GitRepository", namespace="a", name="b")


def test_a_pointer_to_the_sources_own_artifact_is_accepted() -> None:
    key = archive_key("GitRepository", "a", "b", f"sha256:{HEX}")
    check_pointer(key, f"sha256:{HEX}", kind="GitRepository", namespace="a", name="b")
    check_pointer(key, f"sha256:{HEX}")


def _objects(ages: list[float]) -> list[Object]:
    return [
        old(key, age)
        for number, age in enumerate(ages)
        for key in (f"k/{number}{ARCHIVE}", files_key(f"k/{number}{ARCHIVE}"))
    ]


def test_what_is_both_old_and_beyond_the_count_is_garbage() -> None:
    found = garbage(
        _objects([10, 20, 200, 300, 400]), used=frozenset(), now=NOW, keep_count=3, keep_seconds=100
    )
    assert found == ("k/3.files.json", "k/3.tar.gz", "k/4.files.json", "k/4.tar.gz")


def test_the_newest_are_kept_however_old_and_the_young_however_many() -> None:
    assert garbage(_objects([500, 600]), used=frozenset(), now=NOW, keep_count=2, keep_seconds=100) == ()
    assert garbage(_objects([1, 2, 3, 4]), used=frozenset(), now=NOW, keep_count=1, keep_seconds=100) == ()


def test_digests_without_their_archive_go_once_they_are_old() -> None:
    objects = [old("k/a.files.json", 200), old("k/b.files.json", 20)]
    assert garbage(objects, used=frozenset(), now=NOW, keep_count=9, keep_seconds=100) == ("k/a.files.json",)


@given(st.lists(st.floats(-1000, 1000), max_size=8), st.integers(0, 9), st.integers(0, 5), st.floats(0, 500))
def test_what_a_status_points_to_is_never_garbage(
    ages: list[float], used: int, keep_count: int, keep_seconds: float
) -> None:
    key = f"k/{used}{ARCHIVE}"
    found = garbage(
        _objects(ages), used=frozenset({key}), now=NOW, keep_count=keep_count, keep_seconds=keep_seconds
    )
    assert not {key, files_key(key)} & set(found)
    assert len([k for k in found if k.endswith(ARCHIVE)]) <= max(0, len(ages) - keep_count)
