"""A private repository over ssh: from a push told with git@ addresses to applied objects; no key shows."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import Fleet, config_map, ready
from tests.e2e.leaks import leaks
from tests.fixtures_ssh import SSHGitServer, exported, new_key

if TYPE_CHECKING:
    from tests.e2e.fleet import Functions
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl

PASSPHRASE = "canary-0123456789 pass phrase"


@pytest.fixture
def name(repository: WorkingCopy) -> str:
    """The repository's path on its server."""
    return repository.url.split("/", 3)[3].removesuffix(".git")


@pytest.fixture
def over_ssh(
    kube: Kube,
    functions: Functions,
    namespace: str,
    repository: WorkingCopy,
    ssh_server: SSHGitServer,
    name: str,
) -> Fleet:
    """A fleet that follows its repository over ssh, with a Secret `login` that is not there yet."""
    fleet = Fleet(kube, functions, namespace, repository)
    fleet.add_source(url=ssh_server.url(name), secretRef={"name": "login"})
    fleet.add_kustomization()
    return fleet


def keep(fleet: Fleet, **data: bytes) -> None:
    """The Secret with these values; one that is there is replaced."""
    encoded = {key: b64encode(value).decode() for key, value in data.items()}
    fleet.kube.delete(fleet.path("Secret", "login"))
    fleet.kube.post(fleet.path("Secret"), {"metadata": {"name": "login"}, "data": encoded})


def test_a_push_told_with_git_addresses_is_fetched_over_ssh_and_applied(
    over_ssh: Fleet, ssh_server: SSHGitServer, name: str, kubectl: Kubectl
) -> None:
    key = ssh_server.accepted[0]
    keep(
        over_ssh,
        **ssh_server.secret(identity=exported(key, passphrase=PASSPHRASE)),
        password=PASSPHRASE.encode(),
    )
    for value in ("1", "2"):
        commit = over_ssh.copy.publish({"a.yaml": config_map("a", key=value)})
        addresses = {"clone_url": f"https://127.0.0.1/{name}x.git", "ssh_url": f"git@127.0.0.1:{name}.git"}
        assert over_ssh.functions.deliver("", "refs/heads/main", commit, addresses) == 202
        over_ssh.wait_applied(commit)
        assert over_ssh.the("ConfigMap", "a")["data"] == {"key": value}
    assert set(ssh_server.users) == {"git"}
    lines = exported(key).decode().splitlines()[2:-2]
    assert [line for line in (PASSPHRASE, *lines) if leaks(line, over_ssh, kubectl)] == []


def test_a_server_with_another_key_is_told_and_gets_nothing_and_the_last_artifact_stays_applied(
    over_ssh: Fleet, ssh_server: SSHGitServer, kubectl: Kubectl
) -> None:
    keep(over_ssh, **ssh_server.secret())
    first = over_ssh.copy.publish({"a.yaml": config_map("a", key="1")})
    assert over_ssh.invoke("GitRepository", "fleet")[0] == 200
    over_ssh.wait_applied(first)
    asked = len(ssh_server.seen)
    keep(over_ssh, **ssh_server.secret(known_hosts=ssh_server.line(new_key())))
    over_ssh.copy.publish({"a.yaml": config_map("a", key="2")})
    status, answer = over_ssh.invoke("GitRepository", "fleet")
    said = "ssh: handshake failed: knownhosts: key mismatch"
    assert (status, said in answer["outcome"]["message"]) == (500, True)
    failed = over_ssh.the("GitRepository", "fleet")
    assert ready(failed)[:2] == ("False", "GitOperationFailed")
    assert failed["status"]["artifact"]["revision"] == f"main@sha1:{first}"
    assert over_ssh.invoke("Kustomization", "apps")[0] == 200
    assert over_ssh.the("ConfigMap", "a")["data"] == {"key": "1"}
    assert len(ssh_server.seen) == asked
    secret = exported(ssh_server.accepted[0]).decode().splitlines()[2]
    assert leaks(secret, over_ssh, kubectl, answer) == []


def test_no_folder_with_a_key_is_left(over_ssh: Fleet, ssh_server: SSHGitServer) -> None:
    keep(over_ssh, **ssh_server.secret())
    over_ssh.copy.publish({"a.yaml": config_map("a")})
    assert over_ssh.invoke("GitRepository", "fleet")[0] == 200
    identity = exported(ssh_server.accepted[0]).splitlines()[2]
    for place in (Path("/dev/shm"), Path("/tmp")):  # noqa: S108 - looked at, not written
        for path in place.glob("penstock-*/identity"):
            assert identity not in path.read_bytes()
