"""What a person asks `penstock bootstrap` for, once the flags have been read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.bootstrap.sync import Sync

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.bootstrap.layout import Layout
    from penstock.bootstrap.secret import Given
    from penstock.source.keypair import KeyForm

DEFAULT_BRANCH = "main"
DEFAULT_AUTHOR = "Flux"


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
        return f"{self.layout.namespace}-{self.branch}-{self.secret_name}-{self.layout.spec_path}"
