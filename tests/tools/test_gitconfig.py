"""Git's configuration (threats A-62, A-75)."""

import stat
import subprocess
from pathlib import Path

import pytest
from penstock.tools.gitconfig import (
    AUTHORITIES,
    CONFIG,
    Remote,
    git_environment,
    system_authorities,
    write_config,
)

REMOTE = Remote("https://host/r", 'Basic "a\\b"', b"-----BEGIN CERTIFICATE-----\n")


def value(folder: Path, name: str) -> str:
    done = subprocess.run(
        ["git", "config", "--get", name],
        env=git_environment(folder),
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_git_reads_back_exactly_what_was_written(tmp_path: Path) -> None:
    write_config(tmp_path, REMOTE)
    assert value(tmp_path, "http.extraHeader") == 'Authorization: Basic "a\\b"'
    assert value(tmp_path, "http.followRedirects") == "false"
    assert value(tmp_path, "protocol.allow") == "never"
    assert value(tmp_path, "protocol.https.allow") == "always"
    assert value(tmp_path, "core.hooksPath") == "/dev/null"
    assert value(tmp_path, "http.sslCAInfo") == str(tmp_path / AUTHORITIES)


def test_git_speaks_ssh_with_our_command_or_http_and_never_both(tmp_path: Path) -> None:
    write_config(tmp_path, REMOTE)
    assert value(tmp_path, "protocol.ssh.allow") == value(tmp_path, "core.sshCommand") == ""
    other = tmp_path / "ssh"
    other.mkdir()
    write_config(other, Remote("ssh://host/r"), "'/usr/bin/ssh' -F \"it's here\"")
    assert value(other, "core.sshCommand") == "'/usr/bin/ssh' -F \"it's here\""
    assert (value(other, "ssh.variant"), value(other, "protocol.ssh.allow")) == ("ssh", "always")
    assert value(other, "protocol.http.allow") == value(other, "protocol.https.allow") == ""
    assert (value(other, "protocol.allow"), value(other, "core.hooksPath")) == ("never", "/dev/null")


def test_secrets_are_in_files_for_us_alone_and_nowhere_in_the_environment(tmp_path: Path) -> None:
    write_config(tmp_path, REMOTE)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert not any("Basic" in text for text in git_environment(tmp_path).values())
    assert "Basic" not in repr(REMOTE)


def test_authorities_of_a_remote_come_on_top_of_the_machines(tmp_path: Path) -> None:
    write_config(tmp_path, REMOTE)
    assert (tmp_path / AUTHORITIES).read_bytes() == system_authorities() + b"\n" + REMOTE.authorities


def test_a_remote_without_secrets_has_neither_header_nor_authorities(tmp_path: Path) -> None:
    write_config(tmp_path, Remote("https://host/r"))
    assert [path.name for path in tmp_path.iterdir()] == [CONFIG]
    assert value(tmp_path, "http.extraHeader") == ""


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("http://127.0.0.1:8080/r", True),
        ("https://localhost/r", True),
        ("http://[::1]/r", True),
        ("https://host/r", False),
        ("https://127.example.com/r", False),
    ],
)
def test_a_proxy_is_for_other_machines(tmp_path: Path, address: str, own: bool) -> None:
    write_config(tmp_path, Remote(address))
    assert ('proxy = ""' in (tmp_path / CONFIG).read_text()) is own


@pytest.mark.parametrize("header", ["Basic x\ny", "Basic x\ry", "Basic \0"])
def test_a_header_with_a_line_break_never_reaches_the_file(tmp_path: Path, header: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        write_config(tmp_path, Remote("https://host/r", header))


def test_nothing_of_the_machine_or_its_user_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = from home\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "from environment")
    write_config(tmp_path, Remote("https://host/r"))
    assert value(tmp_path, "user.name") == ""
