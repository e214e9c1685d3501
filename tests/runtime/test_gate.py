"""The gate of invokes, work items and ticks: static tokens and Google-signed ones (threats A-08, A-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, WorkItem, encode
from penstock.base.limits import Limits
from penstock.runtime.answers import Problem
from penstock.runtime.gate import Gate
from penstock.runtime.identity import Identity, Trusted
from penstock.runtime.issuerkeys import IssuerKeys
from penstock.runtime.work import KeepHandler

from tests.cluster.scripted import ScriptedApi, answer
from tests.fakes.clock import FakeClock
from tests.fakes.queue import FakeQueue
from tests.runtime.issuer import (
    ACCOUNT,
    AUDIENCE,
    OURS,
    THEIRS,
    claims,
    forged_with_the_public_key,
    served,
    unsigned,
)
from tests.runtime.requesting import TOKEN, Site, bearer, intake, request

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN} "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
        {"Authorization": f"Bearer {TOKEN},Bearer {TOKEN}"},
        {"Authorization": "Bearer é"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        {"X-Authorization": f"Bearer {TOKEN}"},
    ],
)
def test_without_the_token_it_is_401(headers: dict[str, str]) -> None:
    with pytest.raises(Problem) as caught:
        Gate((TOKEN, "")).check(request(headers=headers))
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


def test_both_tokens_are_valid_while_one_replaces_the_other() -> None:
    gate = Gate(("new", TOKEN))
    gate.check(request(headers=bearer("new")))
    gate.check(request(headers=bearer()))


def test_an_empty_token_lets_nobody_in() -> None:
    with pytest.raises(Problem):
        Gate(("", "")).check(request(headers={"Authorization": "Bearer "}))


class Door(Site):
    """A tick door that trusts one account, with the issuer's keys served over HTTP."""

    def __init__(self, keys_url: str) -> None:
        self.clock, self.queue = FakeClock(), FakeQueue()
        trusted = Trusted(frozenset({AUDIENCE}), frozenset({ACCOUNT}))
        keys = IssuerKeys(keys_url, self.clock, most_bytes=Limits().identity_keys_bytes, timeout_s=0.2)
        gate = Gate((TOKEN,), Identity(trusted, keys, self.clock, Limits().identity_token_bytes))
        super().__init__("/tick", KeepHandler(intake(gate=gate), lambda: self.queue), self.clock)

    def knock(self, token: str) -> tuple[int, str]:
        """Status and error."""
        status, body, _ = self.ask(request("/tick", encode(WorkItem(Function.TICK)), headers=bearer(token)))
        return status, body.get("error", "")

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()


@pytest.fixture
def issuer() -> Iterator[ScriptedApi]:
    with ScriptedApi(otherwise=served(OURS)) as api:
        yield api


@pytest.fixture
def door(issuer: ScriptedApi) -> Door:
    return Door(issuer.url)


def test_a_token_that_the_issuer_signed_for_us_and_a_trusted_account_lets_in(
    door: Door, issuer: ScriptedApi
) -> None:
    assert door.knock(OURS.sign(claims(door.now))) == (202, "")
    assert door.knock(OURS.sign(claims(door.now, iss="accounts.google.com", nbf=door.now))) == (202, "")
    assert len(issuer.seen) == 1
    assert len(door.queue.items) == 2


def test_the_static_token_still_lets_in_and_asks_no_issuer(door: Door, issuer: ScriptedApi) -> None:
    assert door.knock(TOKEN) == (202, "")
    assert door.knock("not-a-token")[0] == 401
    assert issuer.seen == []


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"iss": "https://evil.example"}, 401, "another issuer"),
        ({"iss": None}, 401, "another issuer"),
        ({"aud": "https://other.example"}, 401, "another audience"),
        ({"aud": f"{AUDIENCE}/"}, 401, "another audience"),
        ({"aud": [AUDIENCE]}, 401, "another audience"),
        ({"aud": None}, 401, "another audience"),
        ({"aud": ""}, 401, "another audience"),
        ({"exp": None}, 401, "malformed"),
        ({"iat": None}, 401, "malformed"),
        ({"exp": "never"}, 401, "malformed"),
        ({"exp": True}, 401, "no moment in exp"),
        ({"nbf": "soon"}, 401, "no moment in nbf"),
        ({"email": "other@project.iam.gserviceaccount.com"}, 403, "may not do this"),
        ({"email": ACCOUNT.upper()}, 403, "may not do this"),
        ({"email": ""}, 403, "may not do this"),
        ({"email": None}, 403, "may not do this"),
        ({"email": [ACCOUNT]}, 403, "may not do this"),
        ({"email_verified": False}, 403, "may not do this"),
        ({"email_verified": "true"}, 403, "may not do this"),
        ({"email_verified": None}, 403, "may not do this"),
    ],
)
def test_a_token_with_other_claims_lets_nobody_in(
    door: Door, changed: dict[str, object], status: int, says: str
) -> None:
    answered, error = door.knock(OURS.sign(claims(door.now, **changed)))
    assert (answered, says in error) == (status, True), error
    assert door.queue.items == []


@pytest.mark.parametrize(
    ("exp", "iat", "nbf", "says"),
    [
        (-10, -100, None, "expired"),
        (-9, -100, None, ""),
        (100, 10, None, ""),
        (100, 11, None, "not valid yet"),
        (100, 0, 11, "not valid yet"),
        (100, 0, 10, ""),
    ],
)
def test_a_token_is_valid_from_its_start_to_its_end_give_or_take_ten_seconds(
    door: Door, exp: int, iat: int, nbf: int | None, says: str
) -> None:
    moments = {"exp": door.now + exp, "iat": door.now + iat, "nbf": None if nbf is None else door.now + nbf}
    status, error = door.knock(OURS.sign(claims(door.now, **moments)))
    assert (status, says in error) == (401 if says else 202, True), error


def test_a_token_that_the_issuer_did_not_sign_lets_nobody_in(door: Door) -> None:
    whole = claims(door.now)
    good = OURS.sign(whole)
    head, body, signature = good.split(".")
    other = OURS.sign(claims(door.now, email="other@project.iam.gserviceaccount.com")).split(".")[1]
    for token in (
        unsigned(whole, alg="none"),
        unsigned(whole, alg="none", kid=OURS.key_id) + "AAAA",
        unsigned(whole, alg="None", kid=OURS.key_id) + signature,
        forged_with_the_public_key(OURS, whole),
        THEIRS.sign(whole, key_id=OURS.key_id),
        f"{head}.{other}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.AAAA",
        f"AAAA.{body}.{signature}",
        OURS.sign(whole, header={"kid": ["x"]}),
        OURS.sign(whole, header={"kid": ""}),
        OURS.sign(whole, header={"crit": ["exp"]}),
        OURS.sign(whole, header={"alg": ["RS256"]}),
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}.",
        f"{head}.{'A' * Limits().identity_token_bytes}.{signature}",
    ):
        assert door.knock(token)[0] == 401, token
    assert "PENSTOCK_LIMIT_IDENTITY_TOKEN_BYTES" in str(door.knock(token)[1])
    assert door.queue.items == []
    assert door.knock(good)[0] == 202


def test_without_an_audience_no_identity_token_is_taken(issuer: ScriptedApi) -> None:
    door = Door(issuer.url)
    site = Site("/tick", KeepHandler(intake(), lambda: door.queue))
    status, _, headers = site.ask(request("/tick", b"", headers=bearer(OURS.sign(claims(door.now)))))
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    assert issuer.seen == []


def test_a_silent_issuer_lets_nobody_in_and_says_try_again() -> None:
    with ScriptedApi([answer(500)], otherwise=served(OURS)) as api:
        door = Door(api.url)
        token = OURS.sign(claims(door.now))
        assert door.knock(token)[0] == 503
        assert door.knock(TOKEN) == (202, "")
        door.clock.move(5)
        assert door.knock(token) == (202, "")
