"""GitLab's deliveries. The payloads are written from its documentation of webhook events, not recorded."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.work import Hint
from penstock.notify.receivers import forges
from penstock.notify.receivers.delivery import Ignored, Refused
from penstock.notify.receivers.gitlab import receive, verify

from tests.notify.receivers.test_github import delivered as from_github

SECRET = "It's a Secret to Everybody"
PROJECT = {
    "id": 15,
    "name": "Diaspora",
    "web_url": "https://gitlab.example.com/mike/diaspora",
    "git_ssh_url": "git@gitlab.example.com:mike/diaspora.git",
    "git_http_url": "https://gitlab.example.com/mike/diaspora.git",
    "path_with_namespace": "mike/diaspora",
    "default_branch": "main",
    "url": "git@gitlab.example.com:mike/diaspora.git",
    "ssh_url": "git@gitlab.example.com:mike/diaspora.git",
    "http_url": "https://gitlab.example.com/mike/diaspora.git",
}
PUSH = {
    "object_kind": "push",
    "event_name": "push",
    "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
    "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
    "ref": "refs/heads/main",
    "checkout_sha": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
    "project_id": 15,
    "project": PROJECT,
    "repository": {"name": "Diaspora", "url": "git@gitlab.example.com:mike/diaspora.git"},
    "commits": [],
    "total_commits_count": 0,
}
DELIVERY = "13792a34-cac6-4fda-95a8-c58e00a3954e"


def delivered(event: str = "Push Hook", token: str = SECRET, **more: str) -> list[tuple[str, str]]:
    return [
        ("Content-Type", more.get("content_type", "application/json")),
        ("User-Agent", "GitLab/18.5.0"),
        ("X-Gitlab-Event", event),
        ("X-Gitlab-Event-UUID", DELIVERY),
        ("X-Gitlab-Token", token),
    ]


def received(payload: Any, event: str = "Push Hook") -> Hint | Ignored:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return receive([SECRET], delivered(event), body, depth=64)


@pytest.mark.parametrize(
    ("event", "ref"), [("Push Hook", "refs/heads/main"), ("Tag Push Hook", "refs/tags/v1.0.0")]
)
def test_a_push_or_tag_gives_every_spelling_of_the_project_once(event: str, ref: str) -> None:
    assert received({**PUSH, "ref": ref}, event) == Hint(
        (
            "https://gitlab.example.com/mike/diaspora.git",
            "git@gitlab.example.com:mike/diaspora.git",
            "https://gitlab.example.com/mike/diaspora",
        ),
        ref,
        DELIVERY,
    )


@pytest.mark.parametrize("secrets", [["new", SECRET], [SECRET, "new"], ["", SECRET]])
def test_both_secrets_are_valid_while_one_replaces_the_other(secrets: list[str]) -> None:
    assert verify(secrets, delivered())


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["other"]])
def test_without_our_secret_nothing_is_accepted(secrets: list[str]) -> None:
    assert not verify(secrets, delivered())
    assert not verify(secrets, delivered(token=""))
    assert not verify(secrets, delivered(token="  "))


def test_a_secret_beyond_ascii_is_compared_by_its_bytes() -> None:
    assert verify(["schlüssel"], delivered(token="schlüssel".encode().decode("latin-1")))
    assert not verify(["schlüssel"], delivered(token="schl€ssel"))


@pytest.mark.parametrize(
    ("why", "headers"),
    [
        ("none", [("X-Gitlab-Event", "Push Hook")]),
        ("wrong", delivered(token="other")),
        ("empty", delivered(token="")),
        ("a beginning", delivered(token=SECRET[:-1])),
        ("more", delivered(token=SECRET + "x")),
        ("another case", delivered(token=SECRET.upper())),
        ("twice", [*delivered(), ("x-gitlab-token", SECRET)]),
        ("not ASCII", delivered(token="é")),
    ],
)
def test_every_other_token_is_refused_with_401(why: str, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as caught:
        receive([SECRET], headers, json.dumps(PUSH).encode(), depth=64)
    assert caught.value.status == 401, why
    assert SECRET not in caught.value.message


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/json; charset=utf-16"])
def test_only_json_in_utf8_is_taken(content_type: str) -> None:
    with pytest.raises(Refused) as caught:
        receive([SECRET], delivered(content_type=content_type), b"{}", depth=64)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("Merge Request Hook", PUSH),
        ("System Hook", PUSH),
        ("x" * 9999, PUSH),
        ("Push Hook", {**PUSH, "after": "0" * 40}),
        ("Tag Push Hook", {**PUSH, "ref": "refs/tags/v1", "after": "0" * 40}),
        ("Push Hook", {**PUSH, "ref": "refs/merge-requests/1/head"}),
    ],
)
def test_a_genuine_delivery_that_is_no_work_is_ignored(event: str, payload: Any) -> None:
    assert isinstance(received(payload, event), Ignored)


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b'{"ref": "refs/heads/main", "ref": "x"}',
        b'{"ref": NaN}',
        {**PUSH, "ref": 7},
        {**PUSH, "ref": ""},
        {**PUSH, "project": None},
        {**PUSH, "project": []},
        {**PUSH, "project": {"url": "has space"}},
        {key: value for key, value in PUSH.items() if key != "project"},
    ],
)
def test_a_payload_that_gitlab_does_not_send_is_refused_with_400(payload: Any) -> None:
    with pytest.raises(Refused) as caught:
        received(payload)
    assert caught.value.status == 400


def test_an_event_has_to_be_named() -> None:
    with pytest.raises(Refused, match="X-Gitlab-Event is missing") as caught:
        receive([SECRET], delivered(""), b"{}", depth=64)
    assert caught.value.status == 400


PAYLOADS = st.dictionaries(
    st.sampled_from(["ref", "after", "project", "deleted"]), st.just(PROJECT) | st.text(max_size=9)
)


@given(PAYLOADS)
def test_whatever_carries_our_secret_is_a_hint_or_ignored_or_refused(payload: dict[str, Any]) -> None:
    with suppress(Refused):
        assert isinstance(received(payload), Hint | Ignored)


def test_whose_delivery_it_is_is_told_by_its_headers() -> None:
    body = json.dumps({**PUSH, "repository": {"clone_url": "https://github.com/a/b.git"}}).encode()
    gitlab = forges.receive([SECRET], delivered(), body, depth=64)
    github = forges.receive([SECRET], from_github(body, secret=SECRET), body, depth=64)
    assert isinstance(gitlab, Hint)
    assert isinstance(github, Hint)
    assert gitlab.urls[0] == PROJECT["git_http_url"]
    assert github.urls == ("https://github.com/a/b.git",)


def test_a_signature_of_github_is_no_token_of_gitlab() -> None:
    body = json.dumps(PUSH).encode()
    mixed = [*from_github(body, secret=SECRET), ("X-Gitlab-Event", "Push Hook")]
    with pytest.raises(Refused) as caught:
        forges.receive([SECRET], mixed, body, depth=64)
    assert caught.value.status == 401
