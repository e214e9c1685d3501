"""Lists in pages that together are one consistent view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from penstock.cluster.errors import Expired
from penstock.cluster.request import with_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.cluster.request import Request

T = TypeVar("T")

PAGE_OBJECTS = 500


def list_all(
    call: Callable[[Request], Json], request: Request, label_selector: str, of: Callable[[Json], T]
) -> list[T]:
    """What `of` makes of each item of a collection, at one resourceVersion; no more than a page is kept.

    When the continue token expires (410) the pages so far are of another moment than the rest would be:
    all is read again in one piece, as client-go's pager does.
    """
    try:
        return _pages(call, request, label_selector, of, PAGE_OBJECTS)
    except Expired:
        return _pages(call, request, label_selector, of, 0)


def _pages(
    call: Callable[[Request], Json], request: Request, selector: str, of: Callable[[Json], T], limit: int
) -> list[T]:
    items: list[T] = []
    token = ""
    while True:
        query = {"labelSelector": selector, "limit": str(limit or ""), "continue": token}
        page = call(replace(request, path=with_query(request.path, **query)))
        items.extend(map(of, page.get("items") or ()))
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            return items
