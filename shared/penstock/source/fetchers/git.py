"""Fetches from Git servers with the git CLI: asks where a reference stands, brings one commit, packs it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from penstock.source.fetchers.files import pack_tree
from penstock.source.fetchers.modules import Modules
from penstock.source.fetchers.port import Fetched, GitSource
from penstock.source.fetchers.probe import follow
from penstock.source.reference import (
    HEADS,
    TAGS,
    EmptyRepository,
    Kind,
    ReferenceNotFound,
    Target,
    Unresolved,
    candidates,
    patterns,
    resolve,
)
from penstock.source.revision import Revision
from penstock.source.sparse import sparse
from penstock.tools.git import Git, GitFailed, GitSession, Remote
from penstock.tools.giterrors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    from penstock.base.limits import Limits
    from penstock.source.fetchers.port import Shape
    from penstock.source.reference import Semver, Wanted
    from penstock.source.url import RepositoryURL
    from penstock.tools.gitobjects import TreeEntry

    T = TypeVar("T")

_MOST_MOVED = 1000
"""Ours: redirects remembered; beyond them each fetch asks anew."""
_GONE = frozenset({Problem.NOT_FOUND, Problem.AUTHENTICATION})
"""What a server may say of a repository that has moved on once more."""


class GitFetcher:
    """Implements penstock.source.fetchers.port.Fetcher. Safe to share between threads.

    Where repositories have moved to on their server is remembered, so that it is asked once.
    """

    def __init__(self, git: Git, semver: Semver, limits: Limits) -> None:
        self._git = git
        self._semver = semver
        self._limits = limits
        self._moved: dict[str, RepositoryURL] = {}
        self._lock = threading.Lock()

    def head(self, source: GitSource) -> Target:
        """See the port. A commit that is named outright costs no request."""
        if source.want.kind is Kind.COMMIT:
            return resolve(source.want, ())
        return self._following(source, lambda git: self._resolve(git, source))

    def fetch(self, source: GitSource, target: Target, shape: Shape) -> Fetched:
        """See the port."""

        def bring(git: GitSession) -> Fetched:
            commit = _bring(git, source.want, target)
            tree = self._tree(git, source, commit, shape)
            packed = pack_tree(git, tree, shape, self._limits, source.deadline)
            found = git.commit(commit)
            return Fetched(Revision(target.revision.name, commit), found.subject, packed, found.author)

        return self._following(source, bring)

    def _tree(self, git: GitSession, source: GitSource, commit: str, shape: Shape) -> Sequence[TreeEntry]:
        """The entries of a commit that are checked out. As with Flux, a sparse checkout has no submodules."""
        tree = git.tree(commit)
        if shape.sparse:
            return sparse(tree, shape.sparse)
        return Modules(git, self._module, self._limits).expand(tree, source) if shape.submodules else tree

    def _module(self, git: GitSession, source: GitSource) -> None:
        """Fetch a submodule's commit into the repository of the session."""
        target = resolve(source.want, ())
        self._following(source, lambda own: _bring(own, source.want, target), git)

    def _resolve(self, git: GitSession, source: GitSource) -> Target:
        want = source.want
        tags = want.kind is Kind.SEMVER or want.ref.startswith(TAGS)
        refs = git.ls_remote(patterns(want), heads=want.ref.startswith(HEADS), tags=tags)
        try:
            if want.kind is Kind.SEMVER:
                return self._newest(git, want, candidates(want, refs, self._semver))
            return resolve(want, refs)
        except ReferenceNotFound:
            if not refs and not git.ls_remote(heads=True, tags=True):
                raise _empty(source) from None
            raise

    def _newest(self, git: GitSession, want: Wanted, targets: tuple[Target, ...]) -> Target:
        """Of tags that stand equally high, the one whose commit is the latest."""
        if len(targets) == 1:
            return targets[0]
        git.fetch(*(target.revision.hash for target in targets))
        times = {t.revision.name: git.commit(t.revision.hash).committed_at for t in targets}
        chosen = self._semver.semver(want.value, times.keys(), times)
        return next(target for target in targets if target.revision.name == chosen)

    def _following(
        self, source: GitSource, use: Callable[[GitSession], T], within: GitSession | None = None
    ) -> T:
        """The use of a session; once more at the new address if the server says that there is one.

        It keeps what it fetches in the repository of the session `within`, if that is given.
        """
        known = self._moved.get(source.url.address)
        try:
            with self._session(source, known or source.url, within) as git:
                return use(git)
        except GitFailed as error:
            if error.problem is not Problem.REDIRECT and (known is None or error.problem not in _GONE):
                raise
        with self._lock:
            self._moved.pop(source.url.address, None)
        moved = follow(source.url, partial(self._session, source))
        with self._session(source, moved, within) as git:
            result = use(git)
        self._remember(source.url, moved)
        return result

    @contextmanager
    def _session(
        self, source: GitSource, url: RepositoryURL, within: GitSession | None = None
    ) -> Iterator[GitSession]:
        found = source.credentials
        remote = Remote(url.address, found.authorization, found.authorities, found.ssh)
        with self._git.session(remote, source.deadline, within) as git:
            yield git

    def _remember(self, url: RepositoryURL, moved: RepositoryURL) -> None:
        with self._lock:
            if moved != url and len(self._moved) < _MOST_MOVED:
                self._moved[url.address] = moved


def _empty(source: GitSource) -> EmptyRepository | Unresolved:
    """Flux takes an empty repository for no failed clone where it can make the branch."""
    if source.want.kind is not Kind.SEMVER:
        return EmptyRepository("git repository is empty")
    where = f"git repository: '{source.url.address}'"
    return Unresolved(f"unable to clone: remote repository is empty: {where}")


def _bring(git: GitSession, want: Wanted, target: Target) -> str:
    """Fetch the target's commit and give its hash.

    By its hash alone, which is one commit whatever happens to the reference meanwhile. Servers that refuse
    that are asked for the reference, whose commit of now then counts, or for whole branches where a certain
    commit is wanted.
    """
    try:
        git.fetch(target.revision.hash)
    except GitFailed as error:
        if error.problem is not Problem.NO_OBJECT:
            raise
    else:
        return target.revision.hash
    if want.kind is not Kind.COMMIT:
        git.fetch(target.ref)
        return git.fetched()
    git.fetch(*((target.ref,) if target.ref else (f"{HEADS}*", f"{TAGS}*")), shallow=False)
    if not git.has(want.value):
        raise Unresolved(f"unable to resolve commit object for '{want.value}': object not found")
    return want.value
