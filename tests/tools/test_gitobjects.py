"""Git's plumbing output as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.reference import RemoteRef
from penstock.tools.giterrors import GitFailed
from penstock.tools.gitobjects import (
    Commit,
    Mode,
    TreeEntry,
    parse_blobs,
    parse_commit,
    parse_refs,
    parse_tree,
)

ONE, TWO = "1" * 40, "2" * 40


def test_references_know_what_their_tag_leads_to() -> None:
    output = f"{ONE}\trefs/heads/main\n{TWO}\trefs/tags/v1\n{ONE}\trefs/tags/v1^{{}}\n".encode()
    assert parse_refs(output) == (RemoteRef("refs/heads/main", ONE), RemoteRef("refs/tags/v1", TWO, ONE))
    assert parse_refs(b"") == ()


@pytest.mark.parametrize(
    "output", [b"<html>\n", b"123\trefs/heads/x\n", f"{ONE}\n".encode(), f"{ONE} x\n".encode()]
)
def test_a_list_of_references_that_is_none_is_refused(output: bytes) -> None:
    with pytest.raises(GitFailed):
        parse_refs(output)


def test_a_tree_has_every_kind_of_entry_with_its_size() -> None:
    output = (
        (
            f"040000 tree {ONE}       -\ta\0"
            f"100644 blob {TWO}      12\ta/b\tc\n\0"
            f"120000 blob {TWO}       3\ta/link\0"
            f"160000 commit {ONE}       -\tsub\0"
        ).encode()
        + b"100755 blob "
        + TWO.encode()
        + b"       0\tcaf\xe9\0"
    )
    assert parse_tree(output) == (
        TreeEntry("a", Mode.FOLDER, ONE, 0),
        TreeEntry("a/b\tc\n", Mode.FILE, TWO, 12),
        TreeEntry("a/link", Mode.LINK, TWO, 3),
        TreeEntry("sub", Mode.SUBMODULE, ONE, 0),
        TreeEntry("caf\udce9", Mode.EXECUTABLE, TWO, 0),
    )


@pytest.mark.parametrize(
    "output", [b"x\0", f"100600 blob {ONE} 1\ta\0".encode(), f"100644 blob {ONE} 1 a\0".encode()]
)
def test_a_tree_that_cannot_be_read_is_refused(output: bytes) -> None:
    with pytest.raises(GitFailed):
        parse_tree(output)


def entry(size: int) -> TreeEntry:
    return TreeEntry("a", Mode.FILE, ONE, size)


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_contents_come_back_whatever_is_in_them(contents: list[bytes]) -> None:
    output = b"".join(f"{ONE} blob {len(data)}\n".encode() + data + b"\n" for data in contents)
    assert list(parse_blobs(output, [entry(len(data)) for data in contents])) == contents


@pytest.mark.parametrize(
    "output",
    [
        b"",
        f"{ONE} missing\n".encode(),
        f"{TWO} blob 3\nabc\n".encode(),
        f"{ONE} blob 3\nab".encode(),
        f"{ONE} blob 3\nabcd\n".encode(),
        f"{ONE} tree 3\nabc\n".encode(),
    ],
)
def test_a_content_that_is_not_the_one_asked_for_is_refused(output: bytes) -> None:
    with pytest.raises(GitFailed):
        list(parse_blobs(output, [entry(3)]))


@pytest.mark.parametrize(
    ("message", "subject"),
    [(b"one\n\ntwo\n", "one"), (b"", ""), (b"\xe9t\xe9", "\ufffdt\ufffd"), (b"x" * 2000, "x" * 1000)],
)
def test_a_commit_is_its_first_line_its_time_and_its_author(message: bytes, subject: str) -> None:
    head = (
        f"tree {ONE}\nauthor Ada L <a> 1 +0000\ncommitter C <c@d> 1700000000 +0200\ngpgsig x\n y\n\n".encode()
    )
    assert parse_commit(ONE, head + message) == Commit(ONE, subject, 1700000000, "Ada L")


@pytest.mark.parametrize(
    ("line", "author"),
    [
        (b"author <a@b> 1 +0000", ""),
        (b"author \xe9 <a> 1 +0", "\ufffd"),
        (b"author " + b"x" * 2000 + b" <a>", "x" * 1000),
    ],
)
def test_an_author_may_have_any_name(line: bytes, author: str) -> None:
    assert parse_commit(ONE, b"tree x\n" + line + b"\n\nsubject").author == author


def test_a_commit_without_a_committer_has_no_time() -> None:
    assert parse_commit(ONE, b"tree x\n\nsubject") == Commit(ONE, "subject", 0)
