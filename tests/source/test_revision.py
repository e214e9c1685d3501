"""Revision strings (contract C8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.revision import Revision, is_hash, parse_revision

SHA1 = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738"
SHA256 = "a" * 64


@pytest.mark.parametrize(
    ("revision", "text"),
    [
        (Revision("main", SHA1), f"main@sha1:{SHA1}"),
        (Revision("feature/x", SHA1), f"feature/x@sha1:{SHA1}"),
        (Revision("a@b", SHA1), f"a@b@sha1:{SHA1}"),
        (Revision("refs/pull/1/head", SHA1), f"refs/pull/1/head@sha1:{SHA1}"),
        (Revision("", SHA1), f"sha1:{SHA1}"),
        (Revision("main", SHA256), f"main@sha256:{SHA256}"),
    ],
)
def test_a_revision_is_its_name_and_its_commit(revision: Revision, text: str) -> None:
    assert str(revision) == text
    assert parse_revision(text) == revision


@given(st.text(min_size=1).filter(lambda name: "\n" not in name), st.sampled_from([SHA1, SHA256]))
def test_every_revision_is_read_as_it_was_written(name: str, commit: str) -> None:
    assert parse_revision(str(Revision(name, commit))) == Revision(name, commit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main",
        f"main/{SHA1}",
        SHA1,
        f"sha1:{SHA1[:-1]}",
        f"sha256:{SHA1}",
        f"sha1:{SHA1.upper()}",
        "@sha1:",
    ],
)
def test_what_is_no_revision_of_a_git_source_is_none(text: str) -> None:
    assert parse_revision(text) is None


def test_a_hash_is_whole_and_in_lower_case() -> None:
    assert [is_hash(text) for text in (SHA1, SHA256, SHA1.upper(), SHA1[:-1], SHA1 + "\n", "")] == [
        *(True, True, False, False, False, False)
    ]
