from __future__ import annotations

import hashlib
import hmac
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.work import Hint
from penstock.notify.receivers.delivery import Ignored, Refused
from penstock.notify.receivers.github import receive, verify

SECRET = "It's a Secret to Everybody"
REPOSITORY = {
    "id": 1,
    "url": "https://github.com/fluxcd/flux2",
    "html_url": "https://github.com/fluxcd/flux2",
    "clone_url": "https://github.com/fluxcd/flux2.git",
    "git_url": "git://github.com/fluxcd/flux2.git",
    "ssh_url": "git@github.com:fluxcd/flux2.git",
    "svn_url": "https://github.com/fluxcd/flux2",
}
PUSH = {"ref": "refs/heads/main", "after": "a" * 40, "repository": REPOSITORY}


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivered(
    body: bytes, event: str = "push", *, content_type: str = "application/json", secret: str = SECRET
) -> list[tuple[str, str]]:
    return [
        ("Content-Type", content_type),
        ("X-GitHub-Event", event),
        ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ("X-Hub-Signature-256", signature(body, secret)),
    ]


def received(payload: Any, event: str = "push") -> Hint | Ignored:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return receive([SECRET], delivered(body, event), body, depth=64)


def refusal(payload: Any, event: str = "push") -> Refused:
    with pytest.raises(Refused) as caught:
        received(payload, event)
    return caught.value


def test_the_signature_of_githubs_documentation_is_accepted() -> None:
    given_there = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert verify([SECRET], b"Hello, World!", [("X-Hub-Signature-256", given_there)])


def test_a_push_gives_every_spelling_of_the_repository_once() -> None:
    assert received(PUSH) == Hint(
        (
            "https://github.com/fluxcd/flux2.git",
            "git@github.com:fluxcd/flux2.git",
            "git://github.com/fluxcd/flux2.git",
            "https://github.com/fluxcd/flux2",
        ),
        "refs/heads/main",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    )


@pytest.mark.parametrize("secrets", [["new", SECRET], [SECRET, "new"], ["", SECRET]])
def test_both_secrets_are_valid_while_one_replaces_the_other(secrets: list[str]) -> None:
    body = json.dumps(PUSH).encode()
    assert isinstance(receive(secrets, delivered(body), body, depth=64), Hint)


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["other"]])
def test_without_our_secret_nothing_is_accepted(secrets: list[str]) -> None:
    body = b"{}"
    assert not verify(secrets, body, delivered(body))
    assert not verify(secrets, body, delivered(body, secret=""))
    assert not verify(secrets, body, delivered(body, secret="  "))


BODY = b'{"zen": "Design for failure."}'
RIGHT = signature(BODY)
SHA1 = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    ("why", "headers"),
    [
        ("none", []),
        ("SHA-1 only", [("X-Hub-Signature", SHA1)]),
        ("SHA-1 in the place of SHA-256", [("X-Hub-Signature-256", SHA1)]),
        ("wrong", [("X-Hub-Signature-256", signature(b"other"))]),
        ("upper case", [("X-Hub-Signature-256", "sha256=" + RIGHT[7:].upper())]),
        ("empty value", [("X-Hub-Signature-256", "sha256=")]),
        ("empty", [("X-Hub-Signature-256", "")]),
        ("no prefix", [("X-Hub-Signature-256", RIGHT[7:])]),
        ("twice", [("X-Hub-Signature-256", RIGHT), ("x-hub-signature-256", RIGHT)]),
        ("two in one", [("X-Hub-Signature-256", f"{RIGHT},{RIGHT}")]),
        ("not ASCII", [("X-Hub-Signature-256", RIGHT[:-1] + "é")]),
        ("other digits", [("X-Hub-Signature-256", "sha256=" + "٣" * 64)]),
        ("a line end", [("X-Hub-Signature-256", RIGHT + "\n")]),
    ],
)
def test_every_other_signature_is_refused_with_401(why: str, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as caught:
        receive([SECRET], headers, BODY, depth=64)
    assert caught.value.status == 401, why


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
        "application/json; charset=utf-16",
        "multipart/x",
    ],
)
def test_only_json_in_utf8_is_taken(content_type: str) -> None:
    body = b"payload=%7B%7D"
    with pytest.raises(Refused) as caught:
        receive([SECRET], delivered(body, content_type=content_type), body, depth=64)
    assert caught.value.status == 415


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "Application/JSON"])
def test_the_content_type_may_say_more_than_it_must(content_type: str) -> None:
    body = json.dumps(PUSH).encode()
    assert isinstance(receive([SECRET], delivered(body, content_type=content_type), body, depth=64), Hint)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "x"}),
        ("issues", PUSH),
        ("x" * 9999, PUSH),
        ("push", {**PUSH, "after": "0" * 40}),
        ("push", {**PUSH, "after": "0" * 64}),
        ("push", {**PUSH, "deleted": True}),
        ("push", {**PUSH, "ref": "refs/pull/1/head"}),
        ("push", {**PUSH, "ref": "main"}),
        ("push", {**PUSH, "ref": "refs/heads/a b"}),
    ],
)
def test_a_genuine_delivery_that_is_no_work_is_ignored(event: str, payload: Any) -> None:
    outcome = received(payload, event)
    assert isinstance(outcome, Ignored)
    assert len(outcome.reason) < 200


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        None,
        7,
        "text",
        {**PUSH, "repository": None},
        {**PUSH, "repository": []},
        {**PUSH, "repository": {}},
        {**PUSH, "repository": {"clone_url": 7, "ssh_url": "a b", "html_url": "x" * 9999}},
        {**PUSH, "ref": 7},
        {**PUSH, "ref": ""},
        {**PUSH, "ref": None},
        {"repository": REPOSITORY},
        b"",
        b"{",
        b"\xff\xfe",
        b'{"ref": NaN}',
        b'{"ref": "refs/heads/\\ud800"}',
        b'{"ref": "refs/heads/a", "ref": "refs/heads/b"}',
        b'{"ref": "refs/heads/main", "repository": {"url": "a"}, "repository": {"url": "b"}}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
)
def test_a_payload_that_github_does_not_send_is_refused_with_400(payload: Any) -> None:
    assert refusal(payload).status == 400


@pytest.mark.parametrize("extra", [{"commits": {}}, {"commits": None}, {"after": 7}, {"after": None}])
def test_what_is_not_needed_may_have_any_shape(extra: dict[str, Any]) -> None:
    assert isinstance(received({**PUSH, **extra}), Hint)


def test_a_delivery_without_event_is_refused() -> None:
    body = b"{}"
    headers = [pair for pair in delivered(body) if pair[0] != "X-GitHub-Event"]
    with pytest.raises(Refused) as caught:
        receive([SECRET], headers, body, depth=64)
    assert caught.value.status == 400


def test_a_million_commits_are_only_bytes() -> None:
    assert isinstance(received({**PUSH, "commits": [{}] * 1_000_000}), Hint)


def test_a_strange_delivery_id_is_dropped() -> None:
    body = json.dumps(PUSH).encode()
    headers = [("x-github-delivery", "\x1b[31m"), *(p for p in delivered(body) if "Delivery" not in p[0])]
    hint = receive([SECRET], headers, body, depth=64)
    assert isinstance(hint, Hint)
    assert hint.delivery == ""


HEADER = st.tuples(
    st.sampled_from(["X-Hub-Signature-256", "X-GitHub-Event", "Content-Type"]) | st.text(max_size=20),
    st.sampled_from(["push", "application/json", RIGHT])
    | st.text(st.characters(codec="latin-1"), max_size=90),
)


@given(body=st.binary(max_size=200), headers=st.lists(HEADER, max_size=6))
def test_no_unsigned_delivery_is_ever_more_than_a_401(body: bytes, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as caught:
        receive([SECRET], [pair for pair in headers if pair[1] != signature(body)], body, depth=64)
    assert caught.value.status == 401


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "ref": st.just("refs/heads/main") | VALUE,
        "repository": st.just(REPOSITORY)
        | st.dictionaries(st.sampled_from(sorted(REPOSITORY)), VALUE)
        | VALUE,
        "after": VALUE,
        "deleted": VALUE,
        "commits": VALUE,
    },
)


@given(body=PAYLOAD.map(json.dumps).map(str.encode) | st.binary(max_size=200))
def test_whatever_is_signed_is_a_hint_or_ignored_or_refused(body: bytes) -> None:
    status = 202
    try:
        receive([SECRET], delivered(body), body, depth=64)
    except Refused as refused:
        status = refused.status
    assert status in (202, 400)


@given(
    given_signature=st.text(string.hexdigits, min_size=64, max_size=64).map("sha256=".__add__)
    | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1"))
)
def test_no_guess_is_a_signature(given_signature: str) -> None:
    if given_signature != RIGHT:
        assert not verify([SECRET], BODY, [("X-Hub-Signature-256", given_signature)])
