"""Files committed to the branch and pushed, if they differ from what is there; anew if others pushed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from penstock.bootstrap.steps.problems import GitProblem, Place, branch_missing, explained
from penstock.source.revision import Revision
from penstock.tools.gitclone import Author, BranchMissing, Clone
from penstock.tools.giterrors import GitFailed, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.wanted import Wanted
    from penstock.tools.git import GitSession

_TRIES = 5
_MOMENT_S = 1.0


class Branch:
    """The branch of the repository that bootstrap writes to."""

    def __init__(self, ports: Ports, wanted: Wanted, origin: Origin, session: GitSession) -> None:
        self._ports = ports
        self._wanted = wanted
        self._place = Place(origin.url.address, wanted.branch, origin.login)
        shown = f'branch "{wanted.branch}" from Git repository "{origin.url.address}"'
        ports.tell.action(f"cloning {shown}")
        self._clone = self._opened(session, made=origin.made)
        ports.tell.success("cloned repository")

    @property
    def head(self) -> str:
        """The commit at which the branch stands; empty if there is none yet."""
        return self._clone.head

    @property
    def revision(self) -> str:
        """The same as Flux's objects say it."""
        return str(Revision(self._wanted.branch, self.head))

    def follow(self) -> None:
        """Go on to what others have pushed meanwhile, if the server says so."""
        with suppress(GitFailed):
            self._clone.refresh()

    def texts(self) -> dict[str, str]:
        """The files of the folder of Flux's own files, by their path within it."""
        files = self._clone.files(self._wanted.layout.folder)
        return {path: content.decode("utf-8", "replace") for path, content in files.items()}

    def files(self, new: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """All files of the branch, as a build needs them: it may reach outside of --path. Those of `new`, by
        their path in the repository, take the place of what is there.
        """
        return self._clone.everything(new)

    def check(self, *names: str) -> None:
        """PathTaken if something else than a file has one of these names in the folder."""
        for name in names:
            self._clone.check_file(self._wanted.layout.file(name))

    def publish(
        self, make: Callable[[Mapping[str, str]], Mapping[str, str]], subject: str, what: str
    ) -> bool:
        """Commit and push what `make` gives for the folder as it is; whether there was something to push.

        `what` is what is committed, in words, such as "sync manifests".
        """
        for _ in range(_TRIES):
            if not self._commit(make, subject):
                self._ports.tell.success(f"{what} are up to date")
                return False
            self._ports.tell.success(f'committed {what} to "{self._wanted.branch}" ("{self.head}")')
            self._ports.tell.action(f'pushing {what} to "{self._place.url}"')
            if self._push(what):
                return True
        raise self._failed(GitFailed("", Problem.STALE), f"failed to push {what}")

    def _opened(self, session: GitSession, *, made: bool) -> Clone:
        """The clone; a forge may need a moment until its Git server knows a repository that was just made."""
        for left in range(_TRIES if made else 1, 0, -1):
            try:
                return Clone.open(session, self._wanted.branch)
            except BranchMissing as error:
                raise branch_missing(self._place, error.others) from None
            except GitFailed as error:
                if left == 1 or error.problem is not Problem.NOT_FOUND:
                    raise self._failed(error, "failed to clone repository") from None
                self._ports.pause(_MOMENT_S)
        raise AssertionError("the last try returns or raises")

    def _commit(self, make: Callable[[Mapping[str, str]], Mapping[str, str]], subject: str) -> bool:
        layout, commits = self._wanted.layout, self._wanted.commits
        written = {layout.file(name): text.encode() for name, text in make(self.texts()).items()}
        author = Author(commits.author_name, commits.author_email)
        try:
            return self._clone.commit(written, commits.message(subject), author)
        except GitFailed as error:
            raise self._failed(error, "failed to commit") from None

    def _push(self, what: str) -> bool:
        """False if somebody else has pushed; the branch is then as they left it."""
        try:
            self._clone.push()
        except GitFailed as error:
            if error.problem is not Problem.STALE:
                raise self._failed(error, f"failed to push {what}") from None
        else:
            return True
        self._ports.tell.waiting("git conflict detected, retrying with a fresh clone")
        try:
            self._clone.refresh()
        except GitFailed as error:
            raise self._failed(error, "failed to clone repository") from None
        return False

    def _failed(self, error: GitFailed, doing: str) -> GitProblem:
        if self._ports.deadline.expired:
            return GitProblem(
                f"{doing}: it did not end within --timeout; run this again, it goes on from there"
            )
        return explained(error, self._place, doing)
