"""Commits that no honest git makes: what of them gets into an artifact (threats A-15 to A-17, A-19, A-21)."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.limits import Limits
from penstock.source.archive import unpack

from tests.source.fetchers.sources import MAIN, fetch, files, source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.source.fetchers.port import Fetched

    from tests.fixtures_git import WorkingCopy

FILE, LINK, FOLDER = "100644", "120000", "40000"


def store(repository: WorkingCopy, kind: str, content: bytes) -> str:
    """An object as it is, whatever git thinks of it; its hash."""
    argv = ["git", "-C", str(repository.path), "hash-object", "-w", "-t", kind, "--stdin", "--literally"]
    return subprocess.run(argv, input=content, check=True, capture_output=True).stdout.decode().strip()


def tree(repository: WorkingCopy, entries: Sequence[tuple[str, bytes, str]]) -> str:
    rows = (mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
    return store(repository, "tree", b"".join(rows))


def pushed(repository: WorkingCopy, root: str) -> None:
    commit = repository.git("commit-tree", root, "-m", "Crafted")
    repository.push(f"{commit}:refs/heads/main")


def brought(repository: WorkingCopy, limits: Limits | None = None) -> Fetched:
    return fetch(source(repository.url, MAIN), limits=limits or Limits())


def test_a_file_below_a_link_of_the_same_name_is_a_file_in_a_folder(repository: WorkingCopy) -> None:
    content = store(repository, "blob", b"x")
    inner = tree(repository, [(FILE, b"x", content)])
    links = [store(repository, "blob", target) for target in (b"../..", b"sub")]
    for link in links:
        root = tree(repository, [(LINK, b"d", link), (FOLDER, b"d", inner), (FOLDER, b"sub", inner)])
        repository.git("update-ref", "-d", "refs/heads/main")
        commit = repository.git("commit-tree", root, "-m", "Crafted")
        repository.push(f"{commit}:refs/heads/main", force=True)
        assert files(brought(repository)) == {"d/x": b"x", "sub/x": b"x"}


NAMES = (
    b"..",
    b".",
    b".GIT",
    b"git~1",
    ".g\u200cit".encode(),
    b"a\\b",
    b"C:x",
    b"a\nb",
    b"caf\xe9",
    b"n" * 5000,
)


@pytest.mark.parametrize(
    ("mode", "name"), [(FILE, b".git"), *((mode, name) for mode in (FILE, FOLDER) for name in NAMES)]
)
def test_a_name_that_leads_elsewhere_refuses_the_commit(
    repository: WorkingCopy, mode: str, name: bytes
) -> None:
    content = store(repository, "blob", b"x")
    inner = tree(repository, [(FILE, b"x", content)])
    pushed(repository, tree(repository, [(mode, name, inner if mode == FOLDER else content)]))
    with pytest.raises(Terminal, match="the path"):
        brought(repository)


def test_gits_own_folder_stays_out(repository: WorkingCopy) -> None:
    content = store(repository, "blob", b"x")
    inner = tree(repository, [(FILE, b"config", content)])
    pushed(repository, tree(repository, [(FOLDER, b".git", inner), (FILE, b"a", content)]))
    assert files(brought(repository)) == {"a": b"x"}


@pytest.mark.parametrize("name", [b"../x", b"/abs", b"a/../../x", b"a/..", b"a//b"])
def test_a_name_with_slashes_in_it_is_judged_as_the_path_that_it_is(
    repository: WorkingCopy, name: bytes
) -> None:
    pushed(repository, tree(repository, [(FILE, name, store(repository, "blob", b"x"))]))
    with pytest.raises(Terminal, match="the path"):
        brought(repository)


def test_two_files_of_one_name_refuse_the_commit(repository: WorkingCopy) -> None:
    one, two = (store(repository, "blob", content) for content in (b"1", b"2"))
    pushed(repository, tree(repository, [(FILE, b"a", one), (FILE, b"a", two)]))
    with pytest.raises(Terminal, match="'a' is there more than once"):
        brought(repository)


def test_a_file_that_is_a_folder_too_refuses_the_commit(repository: WorkingCopy) -> None:
    content = store(repository, "blob", b"x")
    inner = tree(repository, [(FILE, b"x", content)])
    pushed(repository, tree(repository, [(FILE, b"a", content), (FOLDER, b"a", inner)]))
    with pytest.raises(Terminal, match="'a' is"):
        brought(repository)


def test_links_of_every_sort_stay_out(repository: WorkingCopy) -> None:
    targets = {
        "absolute": "/etc/passwd",
        "outside": "../../x",
        "inside": "a",
        "dangling": "no",
        "self": "self",
    }
    chain = {f"link-{n}": f"link-{n + 1}" for n in range(50)}
    repository.write({"a": "1"})
    for name, target in {**targets, **chain}.items():
        (repository.path / name).symlink_to(target)
    repository.publish()
    found = unpack(brought(repository).packed.data, Limits())
    assert (dict(found.files), found.folders) == ({"a": b"1"}, frozenset())


def test_a_tree_that_multiplies_stops_at_a_limit(repository: WorkingCopy) -> None:
    level = tree(repository, [(FILE, b"%02d" % n, store(repository, "blob", b"x")) for n in range(40)])
    for _ in range(9):
        level = tree(repository, [(FOLDER, b"%02d" % n, level) for n in range(40)])
    pushed(repository, level)
    with pytest.raises(LimitExceeded, match=r"1000000 bytes \(PENSTOCK_LIMIT_GIT_OUTPUT_BYTES\)$"):
        brought(repository, Limits(git_output_bytes=1_000_000))


def test_a_tree_that_is_very_deep_is_refused(repository: WorkingCopy) -> None:
    level = tree(repository, [(FILE, b"x", store(repository, "blob", b"x"))])
    for _ in range(500):
        level = tree(repository, [(FOLDER, b"d", level)])
    pushed(repository, level)
    with pytest.raises(LimitExceeded, match="is deeper than 64 folders"):
        brought(repository)


def test_more_files_than_an_artifact_holds_are_refused(repository: WorkingCopy) -> None:
    content = store(repository, "blob", b"")
    pushed(repository, tree(repository, [(FILE, b"%06d" % n, content) for n in range(100_001)]))
    with pytest.raises(LimitExceeded, match="more than 100000 files and folders"):
        brought(repository)


def test_a_path_that_no_file_system_has_is_refused_before_any_pattern_is_tried_on_it(
    repository: WorkingCopy,
) -> None:
    pushed(repository, tree(repository, [(FILE, b"n" * 4097, store(repository, "blob", b"x"))]))
    with pytest.raises(Terminal, match="is longer than 4096 characters"):
        fetch(source(repository.url, MAIN), "n*")


def test_names_that_only_look_alike_are_different_files(repository: WorkingCopy) -> None:
    names = ["A.yaml", "a.", "a.yaml", "e\u0301", "\u00e9"]
    rows = [(FILE, name.encode(), store(repository, "blob", name.encode())) for name in names]
    pushed(repository, tree(repository, rows))
    assert files(brought(repository)) == {name: name.encode() for name in names}


def test_an_archive_depends_on_nothing_but_names_contents_and_executable_bits(
    repository: WorkingCopy,
) -> None:
    one, two = (store(repository, "blob", content) for content in (b"1", b"2"))
    inner = [(FILE, b"x", one), (FILE, b"y", two)]
    trees = [
        [(FILE, b"a", one), (FOLDER, b"d", tree(repository, inner)), ("100755", b"run", two)],
        [("100664", b"a", one), (FOLDER, b"d", tree(repository, inner)), ("100755", b"run", two)],
        [("100755", b"run", two), (FOLDER, b"d", tree(repository, inner[::-1])), (FILE, b"a", one)],
    ]
    found = set()
    for number, rows in enumerate(trees):
        repository.git("update-ref", "-d", "refs/heads/main")
        commit = repository.git("commit-tree", tree(repository, rows), "-m", f"Crafted {number}")
        repository.push(f"{commit}:refs/heads/main", force=True)
        found.add(brought(repository).packed.digest)
    assert len(found) == 1
