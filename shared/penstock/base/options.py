"""How a setting is declared: its name and default are a field's, the rest is here."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

PREFIX = "PENSTOCK_"


class Role(StrEnum):
    """What a process is: one function alone, all of them, or a person's command."""

    WEBHOOK = "webhook"
    FETCH = "fetch"
    APPLY = "apply"
    TICK = "tick"
    SERVE = "serve"
    APPROVE = "approve"
    UNDELETE = "undelete"
    ROLLBACK = "rollback"
    MIGRATE = "migrate"
    CLIENT = "client"
    READ = "read"


@dataclass(frozen=True)
class Secret:
    """A value that shows itself only when asked, never in a repr, a log or an error."""

    value: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Option:
    """Everything about one setting except its name and its default."""

    help: str
    parse: Callable[[str], Any]
    unit: str = ""
    flag: str = ""
    required_by: frozenset[Role] = frozenset()
    secret: bool = False


def option(
    default: object,
    text: str,
    parse: Callable[[str], Any],
    *,
    unit: str = "",
    flag: str = "",
    required_by: Collection[Role] = (),
) -> Any:
    """Declares a field of Settings; `required_by` names the processes that do not start without it."""
    declared = Option(text, parse, unit, flag, frozenset(required_by), secret=isinstance(default, Secret))
    return field(default=default, metadata={"option": declared})


def options_of(settings: type) -> tuple[tuple[Field[Any], Option], ...]:
    """The declared fields of a settings class, in the order of their declaration."""
    return tuple((one, one.metadata["option"]) for one in fields(settings) if "option" in one.metadata)


def variable(name: str) -> str:
    """The environment variable of the field `name`."""
    return PREFIX + name.upper()
