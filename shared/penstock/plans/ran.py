"""A run as pure modules read it; penstock.store.runs.RunRecord is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Changed(Protocol):
    """An object and what was done to it; penstock.store.runs.RunChange is one."""

    @property
    def id(self) -> str:
        """The inventory id."""
        ...

    @property
    def action(self) -> str:
        """What was done."""
        ...


class Ran(Protocol):
    """One run; times are RFC 3339."""

    @property
    def started_at(self) -> str:
        """When it began."""
        ...

    @property
    def ended_at(self) -> str:
        """When it ended."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it went well."""
        ...

    @property
    def reason(self) -> str:
        """How it ended."""
        ...

    @property
    def message(self) -> str:
        """The same for people."""
        ...

    @property
    def revision(self) -> str:
        """What it worked with."""
        ...

    @property
    def artifact(self) -> str:
        """The key of that."""
        ...

    @property
    def digest(self) -> str:
        """The digest of that."""
        ...

    @property
    def author(self) -> str:
        """Whose commit was stored, if that is known."""
        ...

    @property
    def subject(self) -> str:
        """The first line of what they said."""
        ...

    @property
    def kept_off(self) -> str:
        """The revision in whose place a rollback had that one; empty if there was none."""
        ...

    @property
    def changes(self) -> Sequence[Changed]:
        """What was changed."""
        ...

    @property
    def held(self) -> Sequence[Changed]:
        """The deletions that wait for approval."""
        ...
