from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.admission.review import PROBE, Review, Scope, answer, named, parse, reached, work
from penstock.api.awaited import Awaited, asks
from penstock.api.meta import APPROVE_ANNOTATION
from penstock.api.work import Function, WorkItem, decode, encode
from penstock.base.errors import Terminal
from penstock.base.selector import EVERYTHING, parse_selector

from tests.admission.reviews import UID, body, call, flux_object

Json = dict[str, Any]
OLD = flux_object(generation=3)
SHARD = {"sharding.fluxcd.io/key": "shard1"}


def found(review: Json, scope: Scope | None = None) -> WorkItem | None:
    return work(parse(body(review), depth=64), scope or Scope())


def fetch(reason: str, generation: int, before: Json | None = None) -> WorkItem:
    awaits = (Awaited("GitRepository", "apps", "fleet", generation, asks(before) if before else ""),)
    return WorkItem(Function.FETCH, "GitRepository", "apps", "fleet", reason, awaits=awaits)


NEWER = flux_object(generation=4)
ASKED = flux_object(generation=3, asked="now")
BOTH = flux_object(generation=4, asked="now")
APPROVED = flux_object(generation=3, annotations={APPROVE_ANNOTATION: "main@sha1:1"})


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (call("CREATE", flux_object()), fetch("created", 1)),
        (call("CREATE", flux_object(generation=0)), fetch("created", 1)),
        (call("UPDATE", NEWER, OLD), fetch("changed", 4)),
        (call("UPDATE", ASKED, OLD), fetch("asked", 3, OLD)),
        (call("UPDATE", APPROVED, OLD), fetch("asked", 3, OLD)),
        (call("UPDATE", BOTH, OLD), fetch("changed", 4, OLD)),
        (call("CREATE", ASKED), fetch("created", 3)),
        (call("DELETE", None, ASKED), fetch("deleted", 4)),
        (call("DELETE", None, OLD), fetch("deleted", 4)),
    ],
)
def test_a_change_asks_for_a_look_once_it_is_stored(review: Json, expected: WorkItem) -> None:
    assert found(review) == expected


@pytest.mark.parametrize(
    "review",
    [
        call("UPDATE", OLD, OLD),
        call("UPDATE", flux_object(generation=3, labels={"a": "b"}), OLD),
        call("UPDATE", flux_object(generation=3, finalizers=["x"]), OLD),
        call("UPDATE", NEWER, OLD, subResource="status"),
        call("UPDATE", NEWER, OLD, dryRun=True),
        call("DELETE", None, flux_object(deletionTimestamp="2030-01-01T00:00:00Z")),
        call("CONNECT", NEWER, OLD),
        call("", NEWER, OLD),
        call("CREATE", flux_object(), kind={"group": "", "version": "v1", "kind": "Secret"}),
        call(
            "CREATE", flux_object(), kind={"group": "example.com", "version": "v1", "kind": "GitRepository"}
        ),
    ],
)
def test_what_asks_for_nothing_gives_no_work(review: Json) -> None:
    assert found(review) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"kind": "GitRepository", "name": "fleet"}, ("GitRepository", "apps", "fleet")),
        ({"kind": "GitRepository", "name": "f", "namespace": "infra"}, ("GitRepository", "infra", "f")),
        ({"kind": "OCIRepository", "name": "fleet"}, ("Kustomization", "apps", "web")),
        ({"kind": "GitRepository", "name": "../x"}, ("Kustomization", "apps", "web")),
        ({"kind": "GitRepository"}, ("Kustomization", "apps", "web")),
        ({"x": 1}, ("Kustomization", "apps", "web")),
    ],
)
def test_a_kustomization_is_looked_at_with_the_others_of_its_source(
    source: Json, expected: tuple[str, str, str]
) -> None:
    item = found(call("CREATE", flux_object("Kustomization", "web", source=source)))
    assert item is not None
    assert (item.function, item.kind, item.namespace, item.name) == (Function.APPLY, *expected)
    assert [(one.kind, one.name) for one in item.awaits] == [("Kustomization", "web")]


def test_only_what_is_served_is_told() -> None:
    review = call("CREATE", flux_object())
    assert found(review, Scope(("apps", "infra"))) is not None
    assert found(review, Scope(("infra",))) is None
    sharded = call("CREATE", flux_object(labels=SHARD))
    assert found(sharded) is None
    assert found(sharded, Scope(selector=EVERYTHING)) is not None
    assert found(sharded, Scope(selector=parse_selector("sharding.fluxcd.io/key in (shard1)"))) is not None
    leaving = call("UPDATE", flux_object(generation=4, labels=SHARD), OLD)
    assert found(leaving) is not None


def test_an_answer_allows_the_change_and_names_the_call() -> None:
    review = parse(body(call("CREATE", flux_object())), depth=64)
    assert answer(review) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": UID, "allowed": True},
    }
    assert answer(review, ("careful",))["response"] == {"uid": UID, "allowed": True, "warnings": ["careful"]}


@pytest.mark.parametrize(
    ("mark", "dry_run", "expected"),
    [
        ("abc123", True, "abc123"),
        ("abc123", False, ""),
        ("", True, ""),
        (7, True, ""),
        ('"; drop', True, ""),
        ("a" * 65, True, ""),
    ],
)
def test_a_probe_is_a_dry_run_with_a_mark(mark: object, dry_run: bool, expected: str) -> None:
    obj = flux_object(annotations={PROBE: mark})
    review = parse(body(call("CREATE", obj, dryRun=dry_run)), depth=64)
    assert review.probe == expected
    assert (work(review, Scope()) is None) is dry_run
    assert "abc123" in reached("abc123")


WHOLE = call("CREATE", flux_object())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        b"[" * 100,
        b'{"kind": "AdmissionReview", "kind": "AdmissionReview"}',
        *(
            body(review)
            for review in (
                {**WHOLE, "apiVersion": "admission.k8s.io/v1beta1"},
                {**WHOLE, "kind": "Status"},
                {**WHOLE, "request": None},
                {**WHOLE, "request": []},
                call("CREATE", flux_object(), uid=""),
                call("CREATE", flux_object(), uid="a" * 129),
                call("CREATE", flux_object(), uid="a\nb"),
                call("CREATE", flux_object(), uid=7),
                call("CREATE", flux_object(), kind="GitRepository"),
                call("CREATE", flux_object(), object="x"),
                {**WHOLE, "request": {**WHOLE["request"], "operation": 1}},
                call("CREATE", flux_object(), subResource={}),
            )
        ),
    ],
)
def test_what_is_no_review_is_refused(sent: bytes) -> None:
    with pytest.raises(Terminal) as caught:
        parse(sent, depth=64)
    assert caught.value.reason == "InvalidReview"
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", ["", "../x", "Upper", "a" * 254])
def test_an_object_that_cannot_exist_is_refused(name: str) -> None:
    with pytest.raises(Terminal):
        found(call("CREATE", flux_object(name=name)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
OBJECTS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "metadata": VALUES
        | st.fixed_dictionaries(
            {"namespace": st.just("apps") | VALUES, "name": st.just("fleet") | VALUES},
            optional={"annotations": VALUES, "labels": VALUES, "generation": VALUES},
        ),
        "spec": VALUES,
    },
)


@given(
    operation=st.sampled_from(["CREATE", "UPDATE", "DELETE"]) | st.text(max_size=5),
    kind=st.sampled_from(["GitRepository", "Kustomization"]),
    new=OBJECTS,
    old=OBJECTS,
)
def test_whatever_a_review_holds_it_is_refused_or_asks_for_one_look(
    operation: str, kind: str, new: object, old: object
) -> None:
    review = call(operation, flux_object(kind), None)
    review["request"] |= {"object": new, "oldObject": old}
    try:
        parsed = parse(json.dumps(review).encode(), depth=64)
        item = work(parsed, Scope())
    except Terminal:
        return
    assert isinstance(parsed, Review)
    if item is not None:
        assert item.function in {Function.FETCH, Function.APPLY}
        assert [(one.namespace, one.name) for one in item.awaits] == [named(parsed)]
        assert decode(encode(item)) == item
