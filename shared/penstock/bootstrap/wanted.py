"""What a person asks `penstock bootstrap` for, once the flags have been read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.fields import LONGEST_DURATION_S
from penstock.base.text import printable
from penstock.bootstrap.sync import Sync
from penstock.source.refname import is_short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json
    from penstock.bootstrap.layout import Layout
    from penstock.bootstrap.secret import Given
    from penstock.source.keypair import KeyForm

DEFAULT_AUTHOR = "Flux"
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Commits:
    """How commits look: who made them, and what is added to their messages."""

    author_name: str = DEFAULT_AUTHOR
    author_email: str = ""
    appendix: str = ""

    def message(self, subject: str) -> str:
        """The message of a commit."""
        return f"{subject}\n\n{self.appendix}" if self.appendix else subject


@dataclass(frozen=True)
class Rendered:
    """How gotk-components.yaml is generated, given further objects for it, and the version in its commit."""

    render: Callable[[tuple[Json, ...]], str]
    version: str


@dataclass(frozen=True)
class Receiver:
    """Where the functions are, and the secret that the forge signs its webhooks with."""

    url: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Wanted:
    """The cluster's place in the repository, how it is followed, and how it logs in."""

    layout: Layout
    branch: str
    interval_seconds: float
    secret_name: str
    commits: Commits
    components: Rendered
    given: Given
    key_form: KeyForm
    recurse_submodules: bool = False
    sparse_checkout: tuple[str, ...] = ()
    read_write_key: bool = False
    force: bool = False
    replace_components: bool = False
    silent: bool = False
    receiver: Receiver | None = None

    def sync(self, url: str) -> Sync:
        """What is followed, at that address."""
        return Sync(
            layout=self.layout,
            url=url,
            branch=self.branch,
            interval_seconds=self.interval_seconds,
            secret=self.secret_name,
            recurse_submodules=self.recurse_submodules,
            sparse_checkout=self.sparse_checkout,
        )

    @property
    def name(self) -> str:
        """The name of the namespace and of the two objects in it."""
        return self.layout.namespace

    @property
    def key_title(self) -> str:
        """The name of the deploy key, as Flux gives it."""
        path = (self.layout.spec_path,) if self.layout.path else ()
        return "-".join((self.layout.namespace, self.branch, self.secret_name, *path))


def problem(wanted: Wanted) -> str:
    """The first thing that cannot be meant, by its flag; empty if there is none."""
    return next(_problems(wanted), "")


def _problems(wanted: Wanted) -> Iterator[str]:
    branch, secret = printable(wanted.branch, 100), printable(wanted.secret_name, 100)
    if not is_short_name(wanted.branch):
        yield f"--branch {branch!r} is no name of a branch"
    if wanted.interval_seconds <= 0:
        yield "--interval must be longer than nothing, such as 1m"
    if wanted.interval_seconds >= LONGEST_DURATION_S:
        yield "--interval is longer than the 292 years that Go can count"
    if not _NAME.fullmatch(wanted.secret_name):
        yield f"--secret-name {secret!r} is no name of a Secret"
    if not wanted.commits.author_name.strip(" .,:;<>\"\\'\t\n"):
        yield "--author-name is empty: Git wants a name for each commit"
    if any(".." in folder.split("/") for folder in wanted.sparse_checkout):
        yield "--sparse-checkout has .. in it: write paths within the repository, as clusters/prod"
    if not _in_checkout(wanted):
        yield f"--sparse-checkout leaves out --path {wanted.layout.path or './'}: name that, too"


def _in_checkout(wanted: Wanted) -> bool:
    """Whether the folder of the cluster is among what is brought."""
    folders = [folder.strip("/").removeprefix("./") for folder in wanted.sparse_checkout]
    path = f"{wanted.layout.path}/"
    return not folders or any(path.startswith(f"{folder}/") for folder in folders)
