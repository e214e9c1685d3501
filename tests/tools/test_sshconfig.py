"""ssh's configuration as ssh itself reads it (threats A-72, A-73, A-77)."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from penstock.source.sshlogin import SSHLogin
from penstock.tools.process import ProgramMissing
from penstock.tools.sshconfig import CONFIG, IDENTITY, KNOWN_HOSTS, client, memory, write_ssh

LOGIN = SSHLogin("ada", b"canary-key\n", b"host ssh-ed25519 AAAA\r\nother ssh-ed25519 AAAA")


def effective(folder: Path, command: str) -> dict[str, list[str]]:
    """Every option as ssh would use it, by `ssh -G`."""
    words = [*shlex.split(command), "-G", "-p", "2222", "git.example.com"]
    done = subprocess.run(words, env={"HOME": str(folder)}, check=True, capture_output=True, text=True)
    options: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        options.setdefault(name, []).append(value)
    return options


@pytest.mark.parametrize("name", ["plain", "with a space", "with 100%h in it", "with 'quotes' and $HOME; x"])
def test_ssh_reads_back_exactly_what_was_written_wherever_the_folder_is(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    found = effective(folder, write_ssh(folder, LOGIN, 60))
    assert found["user"] == ["ada"]
    assert found["identityfile"] == [str(folder / IDENTITY).replace("%", "%%")]
    assert found["userknownhostsfile"] == [str(folder / KNOWN_HOSTS)]
    assert found["hostname"] == ["git.example.com"]


def test_with_an_agent_its_keys_count_and_no_other(tmp_path: Path) -> None:
    login = SSHLogin("ada", b"", b"host ssh-ed25519 AAAA", agent="/run/user/1/agent 50%")
    found = effective(tmp_path, write_ssh(tmp_path, login, 60))
    assert found["identityagent"] == ["/run/user/1/agent 50%"]
    assert (found["identityfile"], found["identitiesonly"]) == (["none"], ["no"])
    assert found["preferredauthentications"] == ["publickey"]
    assert not (tmp_path / IDENTITY).exists()


def test_only_our_key_and_our_hosts_count_and_nothing_is_asked_forwarded_or_shared(tmp_path: Path) -> None:
    found = effective(tmp_path, write_ssh(tmp_path, LOGIN, 60))
    expected = {
        "batchmode": "yes",
        "stricthostkeychecking": "true",
        "globalknownhostsfile": "/dev/null",
        "identitiesonly": "yes",
        "identityagent": "none",
        "preferredauthentications": "publickey",
        "passwordauthentication": "no",
        "kbdinteractiveauthentication": "no",
        "gssapiauthentication": "no",
        "hostbasedauthentication": "no",
        "forwardagent": "no",
        "forwardx11": "no",
        "clearallforwardings": "yes",
        "permitlocalcommand": "no",
        "controlmaster": "false",
        "updatehostkeys": "false",
        "checkhostip": "no",
        "verifyhostkeydns": "false",
        "addkeystoagent": "false",
        "canonicalizehostname": "false",
        "requesttty": "false",
        "tunnel": "false",
    }
    assert {name: " ".join(found[name]) for name in expected} == expected
    assert not found.keys() & {"proxycommand", "proxyjump", "controlpath", "localcommand", "remotecommand"}


@pytest.mark.parametrize(("seconds", "connect"), [(0.0, "1"), (1.5, "1"), (12.7, "12"), (3600.0, "30")])
def test_a_connection_gets_no_more_time_than_there_is(tmp_path: Path, seconds: float, connect: str) -> None:
    assert effective(tmp_path, write_ssh(tmp_path, LOGIN, seconds))["connecttimeout"] == [connect]


def test_secrets_are_in_files_for_us_alone_and_not_in_the_command(tmp_path: Path) -> None:
    command = write_ssh(tmp_path, LOGIN, 60)
    assert {path.name for path in tmp_path.iterdir()} == {CONFIG, IDENTITY, KNOWN_HOSTS}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert (tmp_path / IDENTITY).read_bytes() == LOGIN.key
    assert (tmp_path / KNOWN_HOSTS).read_bytes() == b"host ssh-ed25519 AAAA\nother ssh-ed25519 AAAA\n"
    assert "canary" not in command + repr(LOGIN)


@pytest.mark.parametrize("name", ['a"b', "a${HOME}"])
def test_a_folder_that_ssh_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="ssh cannot be told"):
        write_ssh(tmp_path / name, LOGIN, 60)


@pytest.mark.parametrize("user", ["a\nProxyCommand x", "a\rb", "a\0"])
def test_a_user_with_a_line_break_never_reaches_the_file(tmp_path: Path, user: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        write_ssh(tmp_path, SSHLogin(user, b"x", b"x"), 60)


def test_a_machine_without_the_client_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Path(client()).name == "ssh"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="install OpenSSH's client"):
        client()


def test_keys_are_kept_in_memory_where_there_is_such_a_place() -> None:
    place = Path("/dev/shm")  # noqa: S108 - looked at, not written
    usable = place.is_mount() and os.access(place, os.W_OK | os.X_OK)
    assert memory() == (place if usable else None)
