"""The sample fleet's repository: a Git server, a clone to edit, and pushes that reach the webhook."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.base.errors import Transient
from penstock.runtime.up.announce import deliver
from penstock.runtime.up.sample import BRANCH, push_payload
from penstock.tools.checkout import folder
from penstock.tools.gitserver import GitServer
from penstock.tools.worktree import Worktree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.base.log import Log
    from penstock.runtime.up.place import Place
    from penstock.tools.gitserver import RefUpdate

_REPOSITORY = "fleet"
_NO_COMMIT = "0" * 40
_MESSAGE_FILE = "apps/hello/configmap.yaml"


class Announcer:
    """The Git server's hook: announces pushes to the webhook, as GitHub does, once it knows where that is."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._repository = ""
        self._webhook: tuple[str, str] | None = None
        self.answered: int | None = None
        """What the webhook answered last."""

    def announce(self, repository: str, webhook: str, secret: str) -> None:
        """From now on pushes to the repository are announced there, signed with the secret."""
        self._repository, self._webhook = repository, (webhook, secret)

    def pushed(self, name: str, updates: tuple[RefUpdate, ...]) -> None:
        """Announce these updates, if anybody wants to hear of them."""
        del name
        for update in updates if self._webhook else ():
            self._deliver(*(self._webhook or ("", "")), update)

    def _deliver(self, webhook: str, secret: str, update: RefUpdate) -> None:
        before, after = update.old or _NO_COMMIT, update.new or _NO_COMMIT
        try:
            self.answered = deliver(
                webhook, secret, push_payload(self._repository, update.ref, before, after)
            )
        except Transient as error:
            self.answered = None
            self._log.warning("the push could not be announced: the tick will find it", error=error.message)


class Fleet:
    """The repository, the clone of it that a person edits, and who announces its pushes."""

    def __init__(self, url: str, worktree: Worktree, announcer: Announcer) -> None:
        self.url = url
        self.worktree = worktree
        self.announcer = announcer

    def seed(self) -> str:
        """Commit and push the sample, as it is if a person has changed it; gives the commit."""
        if self.worktree.empty():
            shutil.copytree(folder("infra/sample-fleet"), self.worktree.path, dirs_exist_ok=True)
        return self.push("Add the sample fleet")

    def change(self, text: str) -> str:
        """Change one value of one object, commit and push; gives the commit."""
        path = self.worktree.path / _MESSAGE_FILE
        lines = path.read_text().splitlines() if path.is_file() else []
        changed = [f"  message: {text}" if line.startswith("  message:") else line for line in lines]
        if lines:
            path.write_text("\n".join(changed) + "\n")
        return self.push("Say hello again")

    def push(self, message: str) -> str:
        """Commit everything and push it; gives the commit."""
        commit = self.worktree.commit(message)
        self.worktree.push(BRANCH)
        return commit


@contextmanager
def serving(place: Place, log: Log) -> Iterator[Fleet]:
    """The fleet for as long as the block runs."""
    place.git.mkdir(parents=True, exist_ok=True)
    announcer = Announcer(log)
    with GitServer(place.git, on_push=announcer.pushed) as server:
        url = server.create(_REPOSITORY, BRANCH)
        worktree = Worktree(place.fleet)
        worktree.create(url, BRANCH)
        yield Fleet(url, worktree, announcer)
