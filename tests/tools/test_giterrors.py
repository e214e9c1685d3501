"""Git's failures as sentences for a status (threats A-62)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.tools.giterrors import Problem, failure, push_failure, redirect_in

URL = "https://user:canary@host/o/r"
CASES = [
    (
        f"fatal: could not read Username for '{URL}': terminal prompts disabled",
        Problem.AUTHENTICATION,
        "authentication required: name a Secret",
    ),
    (
        "fatal: Authentication failed for 'https://host/o/r/'",
        Problem.AUTHENTICATION,
        "authentication required",
    ),
    (
        f"fatal: unable to access '{URL}': The requested URL returned error: 403",
        Problem.AUTHENTICATION,
        "authorization failed",
    ),
    (
        "remote: canary\nfatal: repository 'https://host/o/r/' not found",
        Problem.NOT_FOUND,
        "repository not found",
    ),
    (
        f"fatal: unable to access '{URL}': The requested URL returned error: 301",
        Problem.REDIRECT,
        "error: 301",
    ),
    (f"fatal: unable to access '{URL}': The requested URL returned error: 429", Problem.SERVER, "status 429"),
    (f"fatal: unable to access '{URL}': The requested URL returned error: 503", Problem.SERVER, "status 503"),
    (
        f"fatal: unable to access '{URL}': SSL certificate problem: self-signed certificate",
        Problem.TLS,
        "certificate is not trusted",
    ),
    (
        f"fatal: unable to access '{URL}': server certificate verification failed. CAfile: none",
        Problem.TLS,
        "ca.crt",
    ),
    (
        f"fatal: unable to access '{URL}': gnutls_handshake() failed: An unexpected TLS packet was received.",
        Problem.TLS,
        "gnutls_handshake() failed: An unexpected TLS packet was received.",
    ),
    (
        f"fatal: unable to access '{URL}': Could not resolve host: host",
        Problem.UNREACHABLE,
        "Could not resolve host: host",
    ),
    (
        f"fatal: unable to access '{URL}': Failed to connect to host port 1: Couldn't connect to server",
        Problem.UNREACHABLE,
        "Failed to connect",
    ),
    (
        "error: Server does not allow request for unadvertised object " + "1" * 40,
        Problem.NO_OBJECT,
        "unadvertised",
    ),
    ("fatal: remote error: upload-pack: not our ref " + "1" * 40, Problem.NO_OBJECT, "not our ref"),
    (
        "fatal: couldn't find remote ref refs/heads/x",
        Problem.NO_OBJECT,
        "couldn't find remote ref refs/heads/x",
    ),
    ("fatal: fetch-pack: invalid index-pack output", Problem.TOO_LARGE, "PENSTOCK_LIMIT_GIT_PACK_BYTES"),
    ("error: index-pack died of signal 25", Problem.TOO_LARGE, "larger than 1000 bytes"),
    ("fatal: the remote end hung up unexpectedly", Problem.SERVER, "hung up"),
    ("fatal: cannot mkdir '/tmp/penstock-git-x': No space left on device", Problem.OTHER, "No space left"),
    ("warning: canary", Problem.OTHER, "git failed without a word"),
    ("", Problem.OTHER, "git failed without a word"),
]


@pytest.mark.parametrize(("stderr", "problem", "text"), CASES)
def test_a_failure_is_one_sentence_without_addresses_and_paths(
    stderr: str, problem: Problem, text: str
) -> None:
    found = failure(stderr, with_credentials=False, pack_bytes=1000)
    assert (found.problem, found.reason) == (problem, "GitOperationFailed")
    assert text in found.message
    assert "canary" not in found.message
    assert "penstock-git-" not in found.message


def test_refused_credentials_are_another_thing_than_missing_ones() -> None:
    found = failure(CASES[0][0], with_credentials=True)
    assert found.message.startswith("authentication required: the server does not accept")


@given(st.text())
def test_any_output_gives_a_short_printable_sentence(text: str) -> None:
    found = failure(f"fatal: {text}", with_credentials=False)
    assert len(found.message) <= 200
    assert not {unicodedata.category(char) for char in found.message} & {"Cc", "Cf", "Cs"}


@pytest.mark.parametrize(
    ("trace", "location"),
    [
        ("", ""),
        (
            "14:03:12.123456 http.c:756  <= Recv header: Location: /moved/info/refs\nfatal: x\n",
            "/moved/info/refs",
        ),
        ("14:03 http.c:7 <= Recv header: location:https://h/r\r\n", "https://h/r"),
        ("1 http.c:7 <= Recv header: location: a\n1 http.c:7 <= Recv header: location: b\n", "a"),
        ("1 http.c:7 => Send header: location: a\n1 http.c:7 <= Recv header: x-location: b\n", ""),
        ("1 http.c:7 <= Recv header: location:\n1 http.c:7 <= Recv header: server: b\n", ""),
    ],
)
def test_the_address_of_a_redirect_is_found_in_a_trace(trace: str, location: str) -> None:
    assert redirect_in(trace) == location


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("!\tabc:refs/heads/main\t[rejected] (fetch first)", Problem.STALE),
        ("!\tabc:refs/heads/main\t[rejected] (non-fast-forward)", Problem.STALE),
        ("!\tabc:refs/heads/main\t[remote rejected] (failed to update ref)", Problem.STALE),
        ("!\tabc:refs/heads/main\t[remote rejected] (pre-receive hook declined)", Problem.DECLINED),
        ("!\tabc:refs/heads/main\t[remote rejected] (canary)", Problem.DECLINED),
    ],
)
def test_a_push_that_is_refused_is_told_without_the_servers_words(line: str, problem: Problem) -> None:
    found = push_failure(f"To https://host/o/r\n{line}\nDone\n")
    assert found is not None
    assert found.problem is problem
    assert "canary" not in found.message


@pytest.mark.parametrize("report", ["", "To https://host/o/r\n*\tabc:refs/heads/main\t[new branch]\nDone\n"])
def test_a_push_that_did_not_come_that_far_is_told_by_stderr(report: str) -> None:
    assert push_failure(report) is None
