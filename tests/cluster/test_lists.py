"""Lists in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from penstock.cluster.errors import Expired
from penstock.cluster.lists import PAGE_OBJECTS, list_all
from penstock.cluster.request import Request

LIST = Request("GET", "/api/v1/pods", "Pod")


class Pages:
    """Gives pages by continue token; `expired` tokens answer 410."""

    def __init__(self, pages: dict[str, Any], *, expired: tuple[str, ...] = ()) -> None:
        self.pages = pages
        self.expired = expired
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: Request) -> Any:
        query = {key: values[0] for key, values in parse_qs(urlsplit(request.path).query).items()}
        self.asked.append(query)
        token = query.get("continue", "" if "limit" in query else "all")
        if token in self.expired:
            raise Expired("the continue parameter is too old", status=410)
        return self.pages[token]


def page(*items: int, then: str = "") -> dict[str, Any]:
    return {"metadata": {"continue": then}, "items": [{"n": item} for item in items]}


def number(item: dict[str, Any]) -> int:
    return int(item["n"])


def test_pages_are_followed_to_the_end() -> None:
    pages = Pages({"": page(1, 2, then="a"), "a": page(3, then="b"), "b": page()})
    assert list_all(pages, LIST, "app=web", number) == [1, 2, 3]
    assert [one["limit"] for one in pages.asked] == [str(PAGE_OBJECTS)] * 3
    assert all(one["labelSelector"] == "app=web" for one in pages.asked)


def test_an_expired_token_reads_all_again_in_one_piece() -> None:
    pages = Pages({"": page(1, then="a"), "all": page(7, 8)}, expired=("a",))
    assert list_all(pages, LIST, "", number) == [7, 8]
    assert pages.asked[-1] == {}


def test_an_empty_collection_has_no_items() -> None:
    assert list_all(lambda _request: {"items": None}, LIST, "", number) == []


def test_a_list_that_is_always_expired_says_so() -> None:
    with pytest.raises(Expired):
        list_all(Pages({}, expired=("", "all")), LIST, "", number)
