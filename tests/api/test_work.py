from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.awaited import MOST, Awaited
from penstock.api.work import Function, Hint, Outcome, WorkItem, decode, encode, joined
from penstock.base.errors import Terminal

APPLY = {"function": "apply", "kind": "Kustomization", "namespace": "apps", "name": "podinfo"}
AWAITED = {"kind": "Kustomization", "namespace": "apps", "name": "podinfo"}
HINT = {"function": "fetch", "hint": {"urls": ["https://h/r.git"], "ref": "refs/heads/main"}}


@pytest.mark.parametrize(
    "item",
    [
        WorkItem(Function.TICK),
        WorkItem(Function.FETCH, "GitRepository", "apps", "podinfo", "interval", "token"),
        WorkItem(Function.APPLY, "Kustomization", "a", "b.c-d"),
        WorkItem(
            Function.APPLY, "GitRepository", "a", "b", awaits=(Awaited("Kustomization", "a", "c", 7, "f"),)
        ),
        WorkItem(Function.FETCH, hint=Hint(("https://h/r.git", "git@h:r.git"), "refs/heads/main", "id")),
    ],
)
def test_an_item_survives_the_way(item: WorkItem) -> None:
    assert decode(encode(item)) == item


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b"[" * 100_000,
        b'{"function": "tick", "function": "tick"}',
        *(
            json.dumps(body).encode()
            for body in (
                {"function": "release"},
                {**APPLY, "version": 2},
                {**APPLY, "version": "1"},
                {**APPLY, "kind": "Secret"},
                {**APPLY, "kind": ""},
                {**APPLY, "name": ""},
                {**APPLY, "name": "../../other"},
                {**APPLY, "name": "a%2fb"},
                {**APPLY, "name": "Upper"},
                {**APPLY, "name": "a..b"},
                {**APPLY, "name": "a" * 254},
                {**APPLY, "name": "a\n"},
                {**APPLY, "name": 7},
                {**APPLY, "namespace": "a.b"},
                {**APPLY, "namespace": "a" * 64},
                {**APPLY, "namespace": ""},
                {**APPLY, "reason": "x" * 5000},
                {**APPLY, "awaits": [AWAITED] * (MOST + 1)},
                {**APPLY, "awaits": [{**AWAITED, "name": "../x"}]},
                {**APPLY, "awaits": [{**AWAITED, "kind": "Secret"}]},
                {**APPLY, "awaits": [{**AWAITED, "before": "x" * 5000}]},
                {**APPLY, "awaits": [{**AWAITED, "generation": "1"}]},
                {**HINT, "function": "apply"},
                {**HINT, "kind": "GitRepository"},
                {**HINT, "hint": {"urls": ["x"] * 65, "ref": "r"}},
                {**HINT, "hint": {"urls": ["x" * 5000], "ref": "r"}},
                {**HINT, "hint": {"urls": "x", "ref": "r"}},
                {**HINT, "hint": []},
                {"function": "tick", "name": "x"},
            )
        ),
    ],
)
def test_what_is_no_work_item_is_refused(body: bytes) -> None:
    with pytest.raises(Terminal) as caught:
        decode(body)
    assert caught.value.reason == "InvalidWorkItem"
    assert len(caught.value.message) < 400


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "function": st.sampled_from(["fetch", "apply", "tick"]) | st.text(max_size=5),
            "kind": st.sampled_from(["GitRepository", "Kustomization"]) | st.text(max_size=5),
            "namespace": st.text(max_size=5),
            "name": st.text(max_size=5),
            "version": st.integers(),
            "hint": st.none() | st.dictionaries(st.sampled_from(["urls", "ref"]), st.text(max_size=3)),
        },
    )
)
def test_any_body_is_an_item_or_refused(body: dict[str, Any]) -> None:
    try:
        item = decode(json.dumps(body).encode())
    except Terminal:
        return
    assert decode(encode(item)) == item


LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
TEXT = st.text(max_size=40)
HINTS = st.builds(Hint, st.lists(TEXT, max_size=5).map(tuple), TEXT, TEXT)
ITEMS = st.one_of(
    st.builds(
        WorkItem,
        st.sampled_from([Function.FETCH, Function.APPLY]),
        st.sampled_from(["GitRepository", "Kustomization"]),
        LABEL,
        LABEL,
        TEXT,
        TEXT,
    ),
    st.builds(WorkItem, st.just(Function.FETCH), reason=TEXT, hint=HINTS),
    st.builds(WorkItem, st.just(Function.TICK), reason=TEXT),
)


@given(ITEMS)
def test_every_item_survives_the_way(item: WorkItem) -> None:
    assert decode(encode(item)) == item


@given(st.binary(max_size=200), ITEMS, st.integers(0, 400))
def test_any_bytes_and_any_cut_of_an_item_are_refused_in_words(data: bytes, item: WorkItem, cut: int) -> None:
    whole = encode(item)
    for body in (data, whole[:cut], whole[:cut] + data + whole[cut:]):
        try:
            decode(body)
        except Terminal as error:
            assert len(error.message) < 400  # noqa: PT017 - it need not raise


def test_items_about_the_same_thing_have_the_same_key() -> None:
    one = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "interval")
    other = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "requested", "token")
    assert one.key == other.key == "apply/Kustomization/apps/podinfo"
    assert WorkItem(Function.TICK).key == "tick/-/-/-"


def test_hints_about_the_same_ref_have_the_same_key() -> None:
    def hinted(urls: tuple[str, ...], ref: str, delivery: str = "") -> str:
        return WorkItem(Function.FETCH, hint=Hint(urls, ref, delivery)).key

    assert hinted(("a", "b"), "r", "1") == hinted(("b", "a"), "r", "2")
    assert len({hinted(("a",), "b"), hinted(("a",), "c"), hinted(("a", "b"), "b"), hinted(("b",), "a")}) == 4


def test_an_outcome_leaves_out_what_it_does_not_know() -> None:
    assert msgspec.json.encode(Outcome(True, "done")) == b'{"ok":true,"message":"done"}'


def test_what_an_item_waits_for_outlives_its_replacement() -> None:
    plain = WorkItem(Function.FETCH, "GitRepository", "apps", "podinfo", "interval")
    one, two = (Awaited("GitRepository", "apps", "podinfo", number) for number in (1, 2))
    waiting = msgspec.structs.replace(plain, reason="changed", awaits=(one,))
    assert joined(None, plain) == plain
    assert joined(plain, waiting) == waiting
    assert joined(waiting, plain) == msgspec.structs.replace(plain, awaits=(one,))
    later = msgspec.structs.replace(plain, awaits=(two,))
    assert joined(waiting, later) == later
