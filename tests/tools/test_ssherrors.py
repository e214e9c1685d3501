"""Failures over ssh as sentences for a status (threats A-62, A-77, B-22)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.tools.giterrors import Problem
from penstock.tools.ssherrors import ssh_failure

END = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
AT = "@@@@@@@@@\r\n@    WARNING: {} @\r\n@@@@@@@@@\r\nHost key verification failed.\r\n"
CASES = [
    (
        "No RSA host key is known for [h]:22 and you have requested strict checking.\r\nHost key …\r\n",
        Problem.HOST_KEY,
        "knownhosts: key is unknown",
    ),
    (AT.format("REMOTE HOST IDENTIFICATION HAS CHANGED!"), Problem.HOST_KEY, "knownhosts: key mismatch"),
    (AT.format("REVOKED HOST KEY DETECTED!"), Problem.HOST_KEY, "knownhosts: key is revoked"),
    ("Host key verification failed.\r\n", Problem.HOST_KEY, "knownhosts: key mismatch"),
    (
        "ssh_dispatch_run_fatal: Connection to 1.2.3.4 port 22: Invalid key length\r\n",
        Problem.HOST_KEY,
        "short",
    ),
    (
        "Unable to negotiate with 1.2.3.4 port 22: no matching host key type found. Their offer: ssh-dss\r\n",
        Problem.HOST_KEY,
        "no common algorithm",
    ),
    ("git@h: Permission denied (publickey).\r\n", Problem.AUTHENTICATION, "unable to authenticate"),
    (
        "Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures\r\n",
        Problem.AUTHENTICATION,
        "unable to authenticate",
    ),
    ("No user exists for uid 1234\r\n", Problem.OTHER, "/etc/passwd"),
    ("ssh: Could not resolve hostname h: Name or service not known\r\n", Problem.UNREACHABLE, "resolved"),
    ("ssh: connect to host h port 22: Connection refused\r\n", Problem.UNREACHABLE, "connection refused"),
    ("ssh: connect to host h port 22: No route to host\r\n", Problem.UNREACHABLE, "cannot be reached"),
    ("ssh: connect to host h port 22: Connection timed out\r\n", Problem.UNREACHABLE, "in time"),
    ("Connection timed out during banner exchange\r\n", Problem.UNREACHABLE, "in time"),
    ("Timeout, server h not responding.\r\n", Problem.UNREACHABLE, "in time"),
    ("Connection closed by 1.2.3.4 port 22\r\n", Problem.SERVER, "closed the connection"),
    ("kex_exchange_identification: read: Connection reset by peer\r\n", Problem.SERVER, "closed"),
    ("kex_exchange_identification: banner line contains invalid characters\r\n", Problem.SERVER, "speak ssh"),
    ("ERROR: Repository not found.\n", Problem.NOT_FOUND, "repository not found"),
    (
        "remote: ERROR: The project you were looking for could not be found or you don't have permission.\n",
        Problem.NOT_FOUND,
        "repository not found",
    ),
    (
        "remote: TF401019: The Git repository with name or identifier x does not exist.\n",
        Problem.NOT_FOUND,
        "repository not found",
    ),
    ("fatal: '/canary' does not appear to be a git repository\n", Problem.NOT_FOUND, "repository not found"),
    ("fatal: protocol error: bad line length character: cana\n", Problem.SERVER, "as a Git server does"),
    ("fatal: remote error: upload-pack: not our ref " + "1" * 40, Problem.NO_OBJECT, "not have that commit"),
    ("error: Server does not allow request for unadvertised object x", Problem.NO_OBJECT, "not have that"),
    ("fatal: fetch-pack: invalid index-pack output\n", Problem.TOO_LARGE, "larger than 1000 bytes"),
    ("fatal: write error: No space left on device\n", Problem.OTHER, "no space left on device"),
    ("canary\n", Problem.SERVER, "closed the connection"),
]


@pytest.mark.parametrize(("stderr", "problem", "text"), CASES)
def test_a_failure_is_one_sentence_without_the_servers_words(
    stderr: str, problem: Problem, text: str
) -> None:
    found = ssh_failure(f"{stderr}{END}", pack_bytes=1000)
    assert (found.problem, found.reason) == (problem, "GitOperationFailed")
    assert text in found.message
    assert "canary" not in found.message


def test_what_is_not_known_is_not_shown() -> None:
    assert ssh_failure("canary").message == "git failed without a word that is known"


@given(st.text())
def test_any_output_gives_a_sentence_of_our_own(text: str) -> None:
    found = ssh_failure(f"canary-{text}").message
    assert "canary-" not in found
    assert not {unicodedata.category(char) for char in found} & {"Cc", "Cf", "Cs"}
