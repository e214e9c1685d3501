"""Real submodules over http and ssh (threats A-72, A-73, A-76)."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.fetchers.port import Shape
from penstock.source.submodules import SubmoduleFailed, SubmoduleRefused
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import WorkingCopy, clone
from tests.source.fetchers.over_ssh import name_of
from tests.source.fetchers.sources import LIMITS, MAIN, fetch, fetcher, files, source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixtures_ssh import SSHGitServer

DEEP = Shape(submodules=True)


@pytest.fixture
def beside(git_server: GitServer, repository: WorkingCopy, tmp_path: Path) -> Callable[[str], WorkingCopy]:
    """Makes further repositories in the same folder of the server."""
    folder = name_of(repository).rpartition("/")[0]
    return lambda name: clone(git_server, f"{folder}/{tmp_path.name}-{name}", tmp_path / name)


def add(parent: WorkingCopy, path: str, commit: str, url: str, *, name: str = "", extra: str = "") -> None:
    """A submodule in the working copy, as `git submodule add` leaves it, but for what git would refuse."""
    modules = parent.path / ".gitmodules"
    text = modules.read_text() if modules.exists() else ""
    modules.write_text(f'{text}[submodule "{name or path}"]\n\tpath = {path}\n\turl = {url}\n{extra}')
    parent.git("add", ".gitmodules")
    parent.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")


def publish(parent: WorkingCopy) -> None:
    parent.git("commit", "--quiet", "--message", "Add")
    parent.push()


def test_submodules_are_fetched_at_their_commit_wherever_they_are_nested(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy]
) -> None:
    inner, outer = beside("inner"), beside("outer")
    one = inner.publish({"deep/x.yaml": "x: 1\n"})
    inner.publish({"deep/x.yaml": "x: 2\n"})
    outer.commit({"y.yaml": "y: 1\n", ".sourceignore": "*.md\n", "no.md": "x"})
    add(outer, "in/ner", one, f"../{inner.url.rpartition('/')[2]}")
    publish(outer)
    repository.commit({"app/a.yaml": "a: 1\n", "kept.md": "x"})
    add(repository, "lib/outer", outer.git("rev-parse", "HEAD"), outer.url)
    publish(repository)
    assert files(fetch(source(repository.url, MAIN), shape=DEEP)) == {
        "app/a.yaml": b"a: 1\n",
        "kept.md": b"x",
        "lib/outer/.sourceignore": b"*.md\n",
        "lib/outer/y.yaml": b"y: 1\n",
        "lib/outer/in/ner/deep/x.yaml": b"x: 1\n",
    }
    assert set(files(fetch(source(repository.url, MAIN)))) == {"app/a.yaml", "kept.md"}


def test_as_with_flux_a_sparse_checkout_has_no_submodules(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy]
) -> None:
    lib = beside("lib")
    commit = lib.publish({"x": "1"})
    repository.commit({"app/a": "1", "other/b": "1"})
    add(repository, "app/lib", commit, lib.url)
    publish(repository)
    found = fetch(source(repository.url, MAIN), shape=replace(DEEP, sparse=("app",)))
    assert set(files(found)) == {"app/a"}


def test_a_submodule_at_a_commit_that_only_history_has_is_found(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy]
) -> None:
    lib = beside("lib")
    first = lib.publish({"x": "1"})
    lib.publish({"x": "2"})
    repository.commit({"a": "1"})
    add(repository, "lib", first, lib.url)
    publish(repository)
    assert files(fetch(source(repository.url, MAIN), shape=DEEP))["lib/x"] == b"1"


def test_credentials_go_to_submodules_of_the_same_server_and_to_no_other(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "other").mkdir()
    login = Login("me", "canary")
    with (
        GitServer(tmp_path / "private", login=login) as private,
        GitServer(tmp_path / "other", login=login) as other,
        GitServer(tmp_path / "private") as door,
        GitServer(tmp_path / "other") as other_door,
    ):
        lib, far = clone(door, "lib", tmp_path / "1"), clone(other_door, "far", tmp_path / "2")
        commit, elsewhere = lib.publish({"x": "1"}), far.publish({"x": "1"})
        fleet = clone(door, "fleet", tmp_path / "3")
        fleet.commit({"a": "1"})
        add(fleet, "lib", commit, "../lib.git")
        publish(fleet)
        secret = {"username": b"me", "password": b"canary"}
        at = source(private.url("fleet"), MAIN, secret)
        assert files(fetch(at, shape=DEEP)) == {"a": b"1", "lib/x": b"1"}
        add(fleet, "far", elsewhere, other.url("far"))
        publish(fleet)
        with pytest.raises(SubmoduleFailed, match=r"submodule 'far' from '.*': authentication required"):
            fetch(at, shape=DEEP)


def test_submodules_come_over_ssh_with_the_same_key(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy], ssh_server: SSHGitServer
) -> None:
    lib = beside("lib")
    commit = lib.publish({"x": "1"})
    repository.commit({"a": "1"})
    add(repository, "lib", commit, f"../{lib.url.rpartition('/')[2]}")
    publish(repository)
    at = source(ssh_server.url(name_of(repository)), MAIN, ssh_server.secret())
    assert files(fetch(at, shape=DEEP)) == {"a": b"1", "lib/x": b"1"}
    assert len({command for command in ssh_server.seen if name_of(lib) in command}) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ext::sh -c touch% /tmp/canary", "is refused"),
        ("file:///etc", "not of the form https://host/path"),
        ("/etc", "a path on a machine is no address"),
        ("--upload-pack=touch", "is refused|could not|not found"),
        ("git@127.0.0.1:x", "spec.url's Secret has no identity"),
    ],
)
def test_an_address_that_is_not_fetched_from_is_refused_by_the_submodules_path(
    repository: WorkingCopy, url: str, why: str
) -> None:
    repository.commit({"a": "1"})
    add(repository, "lib", "1" * 40, f'"{url}"')
    publish(repository)
    with pytest.raises((SubmoduleRefused, SubmoduleFailed), match=why) as refused:
        fetch(source(repository.url, MAIN), shape=DEEP)
    assert "'lib'" in refused.value.message


def test_what_gitmodules_says_beside_path_and_url_has_no_effect(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy], tmp_path: Path
) -> None:
    lib = beside("lib")
    commit = lib.publish({"x": "1"})
    repository.commit({"a": "1"})
    canary = tmp_path / "canary"
    bad = f"\tupdate = !touch {canary}\n[core]\n\tsshCommand = touch {canary}\n"
    bad += "[include]\n\tpath = /etc/passwd\n"
    add(repository, "lib", commit, lib.url, extra=bad)
    publish(repository)
    assert files(fetch(source(repository.url, MAIN), shape=DEEP))["lib/x"] == b"1"
    assert not canary.exists()


def test_gitmodules_that_do_not_fit_the_commit_are_refused(repository: WorkingCopy) -> None:
    repository.commit({"a": "1", ".gitmodules": '[submodule "x"]\n\tpath = none\n\turl = ../x\n'})
    repository.push()
    with pytest.raises(SubmoduleRefused, match="has a submodule at 'none', where the commit has none"):
        fetch(source(repository.url, MAIN), shape=DEEP)
    repository.publish({".gitmodules": '[submodule ".."]\n\tpath = lib\n\turl = ../x\n'})
    with pytest.raises(SubmoduleRefused, match="leads elsewhere"):
        fetch(source(repository.url, MAIN), shape=DEEP)
    repository.publish({".gitmodules": "[submodule\n"})
    with pytest.raises(SubmoduleRefused, match="cannot be read"):
        fetch(source(repository.url, MAIN), shape=DEEP)
    (repository.path / ".gitmodules").unlink()
    (repository.path / ".gitmodules").symlink_to("a")
    repository.publish()
    with pytest.raises(SubmoduleRefused, match="no regular file"):
        fetch(source(repository.url, MAIN), shape=DEEP)


def test_submodules_are_limited_in_number_depth_and_bytes(
    repository: WorkingCopy, beside: Callable[[str], WorkingCopy]
) -> None:
    inner, outer = beside("inner"), beside("outer")
    one = inner.publish({"x": "1"})
    add(outer, "inner", one, inner.url)
    publish(outer)
    repository.commit({"a": "1"})
    add(repository, "outer", outer.git("rev-parse", "HEAD"), outer.url)
    publish(repository)
    at = source(repository.url, MAIN)
    for limits, why in (
        (Limits(submodules=1), "more than 1 submodules .PENSTOCK_LIMIT_SUBMODULES"),
        (Limits(submodule_depth=1), "'outer/inner' is within 1 others .PENSTOCK_LIMIT_SUBMODULE_DEPTH"),
        (Limits(gitmodules_bytes=10), "larger than 10 bytes .PENSTOCK_LIMIT_GITMODULES_BYTES"),
    ):
        with_limits = fetcher(limits)
        target = with_limits.head(at)
        with pytest.raises(LimitExceeded, match=why):
            with_limits.fetch(at, target, DEEP)
    assert set(files(fetch(at, shape=DEEP))) == {"a", "outer/inner/x"}
    large = beside("large")
    noise = Random(1).randbytes(400_000)
    add(repository, "large", large.publish({"x": noise}), large.url)
    publish(repository)
    with pytest.raises((SubmoduleFailed, SubmoduleRefused), match="PENSTOCK_LIMIT_GIT_PACK_BYTES"):
        fetch(at, shape=DEEP, limits=replace(LIMITS, git_pack_bytes=300_000))
