from __future__ import annotations

import json
import threading
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from penstock.base.masking import Masker


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:tok@host/x.git", "https://*****@host/x.git"),
        ("https://user:p@ss@host/x", "https://*****@host/x"),
        ("HTTPS://token@host", "HTTPS://*****@host"),
        ("proxy http://u:p@proxy:3128 refused", "proxy http://*****@proxy:3128 refused"),
        ("ssh://git@host/x", "ssh://*****@host/x"),
        ("https://a/http://u:p@b/", "https://a/http://*****@b/"),
        ("GET https://b/o?X-Goog-Signature=abc&x=1 failed", "GET https://b/o?***** failed"),
        ("'https://b/o?sv=1#frag'", "'https://b/o?*****'"),
        ("https://b/o? yes", "https://b/o? yes"),
        ("Authorization: Bearer abc.def", "Authorization: *****"),
        ("sent Bearer abcdefghij", "sent Bearer *****"),
        ("X-Hub-Signature-256: sha256=00", "X-Hub-Signature-256: *****"),
        ("ghp_0123456789abcdefghijABCD", "*****"),
        ("github_pat_0123456789abcdefghij_x", "*****"),
        ("glpat-0123456789abcdefghij", "*****"),
        ("x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y", "x ***** y"),
        ("-----BEGIN PRIVATE KEY-----\ncut", "*****"),
        ("nothing to hide: a@b, what?", "nothing to hide: a@b, what?"),
    ],
)
def test_what_has_the_shape_of_a_credential_is_masked(text: str, shown: str) -> None:
    assert Masker().mask(text) == shown


def spellings(secret: str) -> set[str]:
    """The ways in which programs write a text."""
    data = secret.encode()
    return {
        secret,
        b64encode(data).decode(),
        b64encode(data).decode().rstrip("="),
        urlsafe_b64encode(data).decode(),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }


@example(secret='a b/"c"+d\\é', around="")
@given(secret=st.text(min_size=4, max_size=40), around=st.text(max_size=20))
def test_a_learned_secret_is_masked_in_every_form_it_travels_in(secret: str, around: str) -> None:
    masker = Masker()
    masker.learn(secret)
    for form in spellings(secret):
        assert masker.mask(f"{around} {form} {around}").count("*****") >= around.count(secret) + 1


@given(
    lines=st.lists(st.text("abcdXYZ0189+/= _-", min_size=8, max_size=60), min_size=2, max_size=9),
    width=st.sampled_from([64, 76]),
)
def test_no_line_of_a_secret_is_shown_in_whatever_lines_it_is_broken(lines: list[str], width: int) -> None:
    secret = "\n".join(lines).strip()
    masker = Masker()
    masker.learn(secret)
    whole = b64encode(secret.encode()).decode()
    broken = [whole[at : at + width] for at in range(0, len(whole), width)]
    shown = masker.mask("\n".join((*lines, *broken)))
    assert [line for line in secret.splitlines() if len(line) >= 8 and line in shown] == []
    assert [line for line in broken if len(line) >= 12 and line in shown] == []


def test_each_line_of_a_long_secret_is_one() -> None:
    masker = Masker()
    masker.learn("first line\nsecond line\n")
    assert masker.mask("it said: second line") == "it said: *****"


def test_a_secret_within_another_does_not_uncover_the_rest() -> None:
    masker = Masker()
    masker.learn("hunter", "hunter-2000")
    assert masker.mask("hunter-2000") == "*****"


def test_values_too_short_to_be_secrets_stay() -> None:
    masker = Masker()
    masker.learn("", "a", "abc", " \n ")
    assert masker.mask("abc a") == "abc a"


def test_own_secrets_stay_known_however_many_are_learned() -> None:
    masker = Masker("own-secret")
    for n in range(0, 6000, 100):
        masker.learn(*(f"learned-{i}" for i in range(n, n + 100)))
    assert masker.mask("own-secret learned-0 learned-5999") == "***** learned-0 *****"


def test_a_secret_of_very_many_lines_leaves_the_others_known() -> None:
    masker = Masker()
    masker.learn("another-secret")
    lines = "\n".join(f"line-number-{n}" for n in range(100_000))
    masker.learn(lines)
    assert masker.mask(f"another-secret {lines} line-number-0") == "***** ***** *****"


def test_very_large_secrets_are_remembered_up_to_a_bound() -> None:
    masker = Masker("own-secret")
    for n in range(40):
        masker.learn(f"{n:03d}" * 300_000)
    assert sum(map(len, masker._learned)) <= 32 * 1024 * 1024
    assert masker.mask(f"own-secret {'039' * 300_000}") == "***** *****"


def test_what_is_shown_is_masked_printable_and_cut() -> None:
    masker = Masker("own-secret")
    assert masker.shown("\x1b[31mown-secret\nmore") == "[31m*****\nmore"
    assert len(masker.shown("x" * 1_000_000)) == 20_000


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "http://" * 40_000,
        "x://" * 75_000,
        "://?" * 75_000,
        "bearer" + " " * 300_000,
        "-----BEGIN " * 30_000,
    ],
)
@pytest.mark.timeout(20)
def test_masking_takes_no_more_than_linear_time(text: str) -> None:
    Masker().mask(text)


def test_learning_and_masking_at_once_is_safe() -> None:
    masker = Masker("own-secret")

    def learn(n: int) -> None:
        for i in range(50):
            masker.learn(f"secret-{n}-{i}")

    threads = [threading.Thread(target=learn, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    assert all(masker.mask("own-secret") == "*****" for _ in range(100))
    for thread in threads:
        thread.join()
    assert all(masker.mask(f"secret-{n}-{i}") == "*****" for n in range(4) for i in range(50))
