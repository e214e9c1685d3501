"""Which files of a commit become an artifact (threats A-15, A-29, A-76)."""

from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.archive import unpack
from penstock.source.fetchers.files import pack_tree
from penstock.source.fetchers.port import GitSource, Shape
from penstock.source.ignore import IgnoreRefused
from penstock.source.paths import PathRefused
from penstock.tools.git import Git, GitFailed, Remote

from tests.fixtures_git import WorkingCopy
from tests.source.fetchers.sources import LIMITS, MAIN, fetch, fetcher, files, source
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_links_stay_out_and_modes_and_folders_stay(repository: WorkingCopy) -> None:
    repository.write({"run.sh": "x", "a/b": "1", "only/pic.png": "x"})
    (repository.path / "run.sh").chmod(0o755)
    (repository.path / "a" / "link").symlink_to("/etc/passwd")
    (repository.path / "folder").symlink_to("a")
    commit = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repository.git("commit", "--quiet", "--message", "x")
    repository.push()
    found = unpack(fetch(source(repository.url, MAIN)).packed.data, LIMITS)
    assert set(found.files) == {"run.sh", "a/b"}
    assert found.folders == {"a", "only", "sub"}


@pytest.mark.parametrize("url", ["{0}/sub.git", "./%0ahost=evil", "../../../:evil", "-u./x", "ext::sh -c id"])
def test_submodules_are_never_fetched_nor_their_addresses_asked(repository: WorkingCopy, url: str) -> None:
    asked: list[str] = []

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start("404 Not Found", [])
        return []

    with serving(app) as base:
        commit = repository.publish({"a": "1"})
        for name in ("sub", ".."):
            modules = f'[submodule "{name}"]\n\tpath = sub\n\turl = "{url.format(base)}"\n'
            repository.write({".gitmodules": modules})
            repository.git("add", ".gitmodules")
            repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
            repository.git("commit", "--quiet", "--message", "x")
            repository.push()
            found = unpack(fetch(source(repository.url, MAIN)).packed.data, LIMITS)
            assert (found.files["a"], set(found.folders)) == (b"1", {"sub"})
    assert asked == []


def test_rules_of_the_repository_and_of_the_object_apply(repository: WorkingCopy) -> None:
    repository.publish(
        {
            ".sourceignore": "*.md\n",
            "README.md": "x",
            "a/.sourceignore": "!KEEP.md\nlocal",
            "a/KEEP.md": "x",
            "a/local": "x",
            "b/local": "x",
            "b/secret": "x",
            "c.png": "x",
            ".gitignore": "x",
        }
    )
    found = fetch(source(repository.url, MAIN), "/b/secret")
    assert set(files(found)) == {".sourceignore", "a/.sourceignore", "a/KEEP.md", "b/local", "c.png"}


def test_an_ignore_file_that_is_a_link_or_huge_is_refused(repository: WorkingCopy) -> None:
    repository.write({"rules": "*"})
    (repository.path / ".sourceignore").symlink_to("rules")
    repository.publish()
    with pytest.raises(IgnoreRefused, match=r"'\.sourceignore' is a symbolic link"):
        fetch(source(repository.url, MAIN))
    (repository.path / ".sourceignore").unlink()
    repository.publish({".sourceignore": ("#" * 199 + "\n") * 5500})
    with pytest.raises(IgnoreRefused, match="larger than"):
        fetch(source(repository.url, MAIN))
    assert files(fetch(source(repository.url, MAIN), limits=Limits(ignore_bytes=2_000_000)))


def test_ignore_files_that_are_huge_together_are_refused_before_they_are_read(
    repository: WorkingCopy,
) -> None:
    repository.publish({f"{n}/.sourceignore": "#" * 300_000 for n in range(4)})
    with pytest.raises(IgnoreRefused, match=r"than 1048576 bytes together.*PENSTOCK_LIMIT_IGNORE_BYTES"):
        fetch(source(repository.url, MAIN))


def test_a_name_that_no_artifact_may_hold_is_refused_unless_it_is_excluded(repository: WorkingCopy) -> None:
    repository.publish({"a\nb": "x", "c": "1"})
    with pytest.raises(PathRefused, match="control characters"):
        fetch(source(repository.url, MAIN))
    assert files(fetch(source(repository.url, MAIN), "a?b")) == {"c": b"1"}


def test_limits_are_checked_before_any_file_is_read(repository: WorkingCopy) -> None:
    repository.publish({"big": "x" * 2000})
    with pytest.raises(LimitExceeded, match="'big' is larger than 1000"):
        fetch(source(repository.url, MAIN), limits=Limits(artifact_file_bytes=1000))
    assert files(fetch(source(repository.url, MAIN), "big", limits=Limits(artifact_file_bytes=1000))) == {}


def test_rules_that_take_too_long_end_with_the_timeout(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    at = source(repository.url, MAIN)
    target = fetcher().head(at)
    late = GitSource(at.url, at.credentials, at.want, Deadline.after(SystemClock(), 0))
    with pytest.raises(GitFailed, match=r"spec\.timeout"):
        fetcher().fetch(late, target, Shape())


def test_filtering_that_takes_too_long_ends_with_the_deadline(repository: WorkingCopy) -> None:
    commit = repository.publish({"a": "1"})
    clock = SystemClock()
    with Git(LIMITS).session(Remote(repository.url), Deadline.after(clock, 60)) as git:
        git.fetch(commit)
        with pytest.raises(GitFailed, match="could not be filtered within"):
            pack_tree(git, git.tree(commit), Shape(), LIMITS, Deadline.after(clock, 0))
