"""Private repositories: who may read them does, and no secret shows anywhere, whatever fails."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.gitserver import GitServer, Login

from tests.e2e.fleet import Fleet, condition, config_map, ready, revision
from tests.e2e.leaks import leaks
from tests.fixtures_git import clone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.e2e.fleet import Functions
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl

    Private = Callable[..., AbstractContextManager["Closed"]]

CANARY = "s3cret-canary/of+a:password"
PASSWORD = Login(username="ada", password=CANARY)
TOKEN = Login(token="t0ken-canary-0f-a-robot")


@dataclass(frozen=True)
class Closed:
    """A fleet whose repository is private, and the authority that vouches for its server."""

    fleet: Fleet
    ca: bytes

    def keep(self, **data: str) -> None:
        """The Secret with these values; one that is there is replaced."""
        fleet, encoded = self.fleet, {key: b64encode(value.encode()).decode() for key, value in data.items()}
        fleet.kube.delete(fleet.path("Secret", "login"))
        fleet.kube.post(fleet.path("Secret"), {"metadata": {"name": "login"}, "data": encoded})


@pytest.fixture
def private(kube: Kube, functions: Functions, namespace: str, tmp_path: Path) -> Private:
    """Starts a Git server with one commit on it, which the GitRepository follows with the Secret `login`."""

    @contextmanager
    def start(login: Login | None, *, https: bool = False) -> Iterator[Closed]:
        authority = Authority("tests", datetime.now(UTC))
        pair = authority.issue(Subject("git"), ("127.0.0.1",))
        files = (tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt")
        for file, content in zip(files, (pair.certificate, pair.key, authority.certificate), strict=True):
            file.write_bytes(content)
        with GitServer(tmp_path / "served", login=login, tls=files[:2] if https else None) as server:
            copy = clone(server, "private", tmp_path / "copy")
            copy.git("config", "http.sslCAInfo", str(files[2]))
            if login is not None:
                copy.git("config", "http.extraHeader", f"Authorization: {login.header()}")
            fleet = Fleet(kube, functions, namespace, copy)
            fleet.add_source(secretRef={"name": "login"})
            fleet.add_kustomization()
            fleet.copy.publish({"a.yaml": config_map("a")})
            yield Closed(fleet, authority.certificate)

    return start


@pytest.mark.parametrize(
    ("login", "https", "secret"),
    [
        (PASSWORD, False, {"username": "ada", "password": CANARY}),
        (TOKEN, True, {"bearerToken": TOKEN.token}),
        (None, True, {}),
    ],
    ids=["password", "token over https", "open over https"],
)
def test_who_has_the_credentials_gets_the_commit(
    private: Private, kubectl: Kubectl, login: Login | None, https: bool, secret: dict[str, str]
) -> None:
    with private(login, https=https) as closed:
        fleet = closed.fleet
        closed.keep(**secret, **({"ca.crt": closed.ca.decode()} if https else {}))
        fleet.announce()
        fleet.wait_applied(fleet.copy.git("rev-parse", "HEAD"))
        assert leaks(CANARY, fleet, kubectl) == leaks(TOKEN.token, fleet, kubectl) == []
        assert {"log", "objects"} < set(leaks("stored artifact", fleet, kubectl)), "it finds what is there"


def test_a_wrong_password_is_told_without_it_and_repaired_by_the_right_one(
    private: Private, kubectl: Kubectl
) -> None:
    with private(PASSWORD) as closed:
        fleet, wrong = closed.fleet, "wrong-canary-0123456789"
        closed.keep(username="ada", password=wrong)
        status, answer = fleet.invoke("GitRepository", "fleet")
        said = "the server does not accept the credentials of spec.secretRef"
        assert status == 500
        assert said in answer["outcome"]["message"]
        failed = fleet.the("GitRepository", "fleet")
        assert ready(failed) == ("False", "GitOperationFailed", answer["outcome"]["message"])
        assert condition(failed, "FetchFailed")[0] == "True"
        assert [event[:2] for event in fleet.events("fleet")] == [("Warning", "GitOperationFailed")]
        assert fleet.invoke("Kustomization", "apps")[0] == 500
        assert leaks(wrong, fleet, kubectl, answer) == []
        closed.keep(username="ada", password=CANARY)
        status, answer = fleet.invoke("GitRepository", "fleet")
        assert (status, answer["outcome"]["revision"]) == (200, revision(fleet.copy.git("rev-parse", "HEAD")))
        fleet.wait_applied(fleet.copy.git("rev-parse", "HEAD"))
        assert leaks(wrong, fleet, kubectl, answer) == leaks(CANARY, fleet, kubectl, answer) == []


def test_what_is_wrong_with_the_secret_is_an_authentication_failure(
    private: Private, kubectl: Kubectl
) -> None:
    with private(PASSWORD) as closed:
        fleet = closed.fleet
        status, answer = fleet.invoke("GitRepository", "fleet")
        assert (status, answer["outcome"]["reason"]) == (500, "AuthenticationFailed")
        assert answer["outcome"]["message"].startswith(f"failed to get secret '{fleet.namespace}/login': ")
        closed.keep(password=CANARY)
        status, answer = fleet.invoke("GitRepository", "fleet")
        assert (status, answer["outcome"]["reason"]) == (500, "AuthenticationFailed")
        assert ready(fleet.the("GitRepository", "fleet"))[1:] == (
            "AuthenticationFailed",
            answer["outcome"]["message"],
        )
        assert leaks(CANARY, fleet, kubectl, answer) == []


def test_a_server_that_nobody_vouches_for_gets_no_credentials(private: Private, kubectl: Kubectl) -> None:
    with private(PASSWORD, https=True) as closed:
        closed.keep(username="ada", password=CANARY)
        status, answer = closed.fleet.invoke("GitRepository", "fleet")
        assert (status, answer["outcome"]["reason"]) == (500, "GitOperationFailed")
        assert "TLS certificate is not trusted" in answer["outcome"]["message"]
        assert leaks(CANARY, closed.fleet, kubectl, answer) == []


def test_a_password_in_the_url_shows_nowhere_but_in_the_spec(private: Private, kubectl: Kubectl) -> None:
    with private(PASSWORD) as closed:
        fleet, inline = closed.fleet, "inline-canary-0123456789"
        closed.keep()
        url = fleet.copy.url.replace("://", f"://ada:{inline}@")
        fleet.patch("GitRepository", "fleet", {"spec": {"url": url}})
        status, answer = fleet.invoke("GitRepository", "fleet")
        assert (status, answer["outcome"]["reason"]) == (500, "GitOperationFailed")
        status, shown = fleet.invoke("Kustomization", "apps")
        fleet.patch("GitRepository", "fleet", {"spec": {"url": fleet.copy.url}})
        assert leaks(inline, fleet, kubectl, answer, shown) == []
