"""Fetching over ssh from a real server: keys, host keys, and nothing of the machine (threats A-77)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from asyncssh.packet import MPInt, String
from penstock.source.credentials import CredentialsRefused
from penstock.tools.git import GitFailed
from penstock.tools.giterrors import Problem
from penstock.tools.process import ProgramMissing

from tests.fixtures_ssh import SSHGitServer, exported, new_key
from tests.source.fetchers.over_ssh import OverSSH, leaving_nothing, name_of
from tests.source.fetchers.sources import files
from tests.support.sockets import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    import asyncssh
    from penstock.tools.gitserver import GitServer

    from tests.fixtures_git import WorkingCopy

PASSPHRASE = "canary: pass phrase ü"


@pytest.fixture
def over_ssh(repository: WorkingCopy, ssh_server: SSHGitServer, tmp_path: Path) -> Iterator[OverSSH]:
    """A repository with one commit; nothing may be left of its fetches."""
    repository.publish({"a": "1"}, "One")
    with leaving_nothing(tmp_path / "place") as place:
        yield OverSSH(ssh_server, name_of(repository), place)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "ssh-rsa"])
def test_a_key_of_each_kind_reads_a_server_with_a_host_key_of_that_kind(
    repository: WorkingCopy, over_ssh: OverSSH, kind: str
) -> None:
    commit = repository.publish({"a": "2"}, "Two")
    key = new_key(kind)
    with SSHGitServer(over_ssh.server.root, host_keys=[new_key(kind)], accepted=[key]) as server:
        found = OverSSH(server, over_ssh.name, over_ssh.place).fetch()
        assert (str(found.revision), found.subject, files(found)) == (
            f"main@sha1:{commit}",
            "Two",
            {"a": b"2"},
        )
        assert {command.split()[0] for command in server.seen} == {"git-upload-pack"}


@pytest.mark.parametrize(
    ("kind", "form", "passphrase"),
    [
        ("ssh-ed25519", "openssh", PASSPHRASE),
        ("ssh-rsa", "openssh", PASSPHRASE),
        ("ssh-rsa", "pkcs1-pem", PASSPHRASE),
        ("ecdsa-sha2-nistp256", "pkcs1-pem", PASSPHRASE),
        ("ssh-rsa", "pkcs1-pem", None),
        ("ecdsa-sha2-nistp384", "pkcs8-pem", None),
    ],
)
def test_a_key_is_read_in_every_form_and_with_its_passphrase(
    over_ssh: OverSSH, kind: str, form: str, passphrase: str | None
) -> None:
    key = new_key(kind)
    over_ssh.server.accepted.append(key)
    secret = over_ssh.server.secret(identity=exported(key, form, passphrase))
    over_ssh.fetch({**secret, "password": PASSPHRASE.encode(), "identity.pub": b"garbage"})


@pytest.mark.parametrize("change", [bytes.strip, lambda key: key.replace(b"\n", b"\r\n")])
def test_a_key_whose_line_breaks_ssh_would_refuse_is_read_as_flux_reads_it(
    over_ssh: OverSSH, change: object
) -> None:
    assert callable(change)
    secret = over_ssh.server.secret()
    over_ssh.fetch({**secret, "identity": change(secret["identity"])})


@pytest.mark.parametrize(("user", "expected"), [("git@", "git"), ("", "git"), ("ada%40corp@", "ada@corp")])
def test_the_user_is_the_urls_and_else_git(over_ssh: OverSSH, user: str, expected: str) -> None:
    over_ssh.fetch(user=user)
    assert set(over_ssh.server.users) == {expected}


@pytest.mark.parametrize("path", ["my project/r(1) ü", "~ada/r", "a&b;c|d>e"])
def test_a_path_reaches_the_server_as_one_word_whatever_is_in_it(
    over_ssh: OverSSH, git_server: GitServer, tmp_path: Path, path: str
) -> None:
    folder = git_server.path(f"{tmp_path.name}/{path}")
    folder.parent.mkdir(parents=True)
    folder.symlink_to(git_server.path(over_ssh.name))
    named = OverSSH(over_ssh.server, f"{tmp_path.name}/{path}", over_ssh.place)
    assert files(named.fetch()) == {"a": b"1"}
    assert set(over_ssh.server.seen) == {f"git-upload-pack '/{tmp_path.name}/{path}.git'"}


@pytest.mark.parametrize(
    "form", ["hashed", "wildcard", "several", "windows", "without the port", "authority"]
)
def test_a_server_is_known_by_every_form_of_known_hosts(over_ssh: OverSSH, form: str, tmp_path: Path) -> None:
    server = over_ssh.server
    key = server.host_keys[0]
    lines = {
        "wildcard": server.line(key, host=f"[127.0.0.*]:{server.port}"),
        "several": b"# one\n\n" + server.line(new_key(), host="other.example.com") + server.known_hosts(),
        "without the port": server.line(key, host="127.0.0.1"),
        "windows": server.known_hosts().replace(b"\n", b"\r\n"),
    }
    if form == "hashed":
        (tmp_path / "hosts").write_bytes(server.known_hosts())
        subprocess.run(["ssh-keygen", "-H", "-f", tmp_path / "hosts"], check=True, capture_output=True)
        lines[form] = (tmp_path / "hosts").read_bytes()
        assert lines[form].startswith(b"|1|")
    if form == "authority":
        authority = new_key()
        certificate = authority.generate_host_certificate(key, "host", principals=["127.0.0.1"])
        with SSHGitServer(server.root, [key], server.accepted, [certificate]) as other:
            line = other.line(authority, marker="@cert-authority ")
            OverSSH(other, over_ssh.name, over_ssh.place).fetch(other.secret(known_hosts=line))
        return
    over_ssh.fetch(server.secret(known_hosts=lines[form]))


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("unknown", "knownhosts: key is unknown"),
        ("changed", "knownhosts: key mismatch"),
        ("of another kind", "knownhosts: key mismatch"),
        ("revoked", "knownhosts: key is revoked"),
    ],
)
def test_a_host_key_that_is_not_the_expected_one_ends_it_before_the_login(
    over_ssh: OverSSH, what: str, text: str
) -> None:
    server = over_ssh.server
    lines = {
        "unknown": server.line(new_key(), host="other.example.com"),
        "changed": server.line(new_key()),
        "of another kind": server.line(new_key("ecdsa-sha2-nistp256")),
        "revoked": server.known_hosts() + server.line(server.host_keys[0], marker="@revoked ", host="*"),
    }
    with pytest.raises(GitFailed, match=f"^ssh: handshake failed: {text}: ") as caught:
        over_ssh.fetch(server.secret(known_hosts=lines[what]))
    assert caught.value.problem is Problem.HOST_KEY
    assert (server.users, server.offered, server.seen) == ([], [], [])


def test_a_host_key_that_is_too_short_is_refused(over_ssh: OverSSH) -> None:
    short = new_key("ssh-rsa")
    blob = String("ssh-rsa") + MPInt(65537) + MPInt((1 << 511) + 1)
    short.__class__ = type(
        "Short", (type(short),), {"public_data": property(lambda _: blob, lambda _, __: None)}
    )
    with SSHGitServer(over_ssh.server.root, host_keys=[short], accepted=over_ssh.server.accepted) as server:
        known = server.line(new_key("ssh-rsa"))
        with pytest.raises(GitFailed, match="host key is too short") as caught:
            OverSSH(server, over_ssh.name, over_ssh.place).fetch(server.secret(known_hosts=known))
        assert caught.value.problem is Problem.HOST_KEY
        assert server.users == []


def test_a_key_that_the_server_does_not_accept_is_told(over_ssh: OverSSH) -> None:
    with pytest.raises(GitFailed, match="ssh: unable to authenticate: the server does not accept") as caught:
        over_ssh.fetch(over_ssh.server.secret(new_key()))
    assert caught.value.problem is Problem.AUTHENTICATION
    assert over_ssh.server.seen == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"password": b"canary-wrong"}, "x509: decryption password incorrect: check identity in the Secret"),
        (
            {},
            "SSH identity key is encrypted but no 'password' field was provided in the secret 'apps/secret'",
        ),
    ],
)
def test_a_wrong_or_missing_passphrase_is_told_before_any_server_is_asked(
    over_ssh: OverSSH, data: dict[str, bytes], text: str
) -> None:
    identity = exported(over_ssh.server.accepted[0], passphrase=PASSPHRASE)
    with pytest.raises(CredentialsRefused, match=text) as caught:
        over_ssh.fetch({**over_ssh.server.secret(identity=identity), **data})
    assert "canary" not in caught.value.message
    assert over_ssh.server.users == []


def test_nothing_of_the_machine_its_user_or_an_agent_is_used(
    over_ssh: OverSSH, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, touched, other = tmp_path / "home", tmp_path / "touched", new_key()
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text(
        f"ProxyCommand touch {touched}\nStrictHostKeyChecking no\nIdentityFile ~/.ssh/id_ed25519\n"
    )
    (home / ".ssh" / "id_ed25519").write_bytes(exported(other))
    (home / ".ssh" / "known_hosts").write_bytes(over_ssh.server.known_hosts())
    with listening(tmp_path / "agent") as agent:
        for name, value in {
            "HOME": str(home),
            "SSH_AUTH_SOCK": str(tmp_path / "agent"),
            "SSH_ASKPASS": f"/usr/bin/touch {touched}",
            "SSH_ASKPASS_REQUIRE": "force",
            "GIT_SSH_COMMAND": f"touch {touched}",
            "GIT_SSH": "/bin/false",
            "GIT_SSH_VARIANT": "simple",
        }.items():
            monkeypatch.setenv(name, value)
        over_ssh.server.accepted.append(other)
        over_ssh.fetch()
        mine = {key.export_public_key().split()[1] for key in over_ssh.server.offered}
        assert mine == {over_ssh.server.accepted[0].export_public_key().split()[1]}
        with pytest.raises(GitFailed, match="unable to authenticate"):
            over_ssh.fetch(over_ssh.server.secret(new_key()))
        with pytest.raises(GitFailed, match="key is unknown"):
            over_ssh.fetch(over_ssh.server.secret(known_hosts=over_ssh.server.line(other, host="x")))
        assert agent.connections == 0
    assert not touched.exists()


def test_key_and_passphrase_are_in_no_command_line_and_no_environment(over_ssh: OverSSH) -> None:
    secret = over_ssh.server.secret(identity=exported(over_ssh.server.accepted[0], passphrase=PASSPHRASE))
    shown: list[bytes] = []

    async def look(process: asyncssh.SSHServerProcess[bytes]) -> None:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                if str(over_ssh.place).encode() in command:
                    shown.extend((command, (entry / "environ").read_bytes()))
            except OSError:
                continue
        modes = {path.stat().st_mode & 0o777 for path in over_ssh.place.rglob("*") if path.is_file()}
        assert modes == {0o600}
        process.exit(1)

    over_ssh.server.answer = look
    with pytest.raises(GitFailed, match="closed the connection"):
        over_ssh.fetch({**secret, "password": PASSPHRASE.encode()})
    assert len(shown) >= 2, "ssh was seen while it ran"
    assert not any(b"canary" in text or b"PRIVATE" in text for text in shown)


def test_without_an_ssh_client_the_error_says_what_to_install(
    over_ssh: OverSSH, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    git = next(folder for folder in os.environ["PATH"].split(":") if folder and Path(folder, "git").is_file())
    (programs / "git").symlink_to(Path(git, "git"))
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(ProgramMissing, match=r"ssh is not installed.*openssh-client"):
        over_ssh.fetch()
