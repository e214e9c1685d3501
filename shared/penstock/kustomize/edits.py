"""Small changes somewhere within an object; parts of an unexpected shape stay as they are. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json


def changed(value: Json, path: tuple[str, ...], change: Callable[[Json], Json]) -> Json:
    """The mapping with the mapping at `path` changed, if there is one."""
    if not path:
        return change(value)
    inner = value.get(path[0])
    if not isinstance(inner, dict):
        return value
    return {**value, path[0]: changed(inner, path[1:], change)}


def each(holder: Json, field: str, change: Callable[[Json], Json]) -> Json:
    """The holder with every mapping of a list changed, if there is such a list."""
    found = holder.get(field)
    if not isinstance(found, list):
        return holder
    return {**holder, field: [change(item) if isinstance(item, dict) else item for item in found]}


def having(field: str) -> Callable[[Json], Json]:
    """A change that adds an empty struct, as Go writes every struct.

    Flux owns it: were it not applied as well, the API server would take away what others have put into it,
    which a Job or a Pod does not allow.
    """
    return lambda holder: holder if field in holder else {**holder, field: {}}


def with_protocols(holder: Json) -> Json:
    """The holder whose `ports` have their default protocol, by which server-side apply tells them apart."""
    return each(holder, "ports", lambda port: port if port.get("protocol") else {**port, "protocol": "TCP"})
