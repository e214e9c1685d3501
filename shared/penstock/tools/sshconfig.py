"""What git needs to speak ssh: OpenSSH's client with one configuration of ours, and nothing of the machine.

No configuration, key, agent or known host of the machine or of its user counts, and nothing is forwarded,
shared or asked for. The words of the command are fixed; what belongs to one repository is in files.
"""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.tools.process import ProgramMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.source.sshlogin import SSHLogin

CONFIG = "ssh_config"
IDENTITY = "identity"
KNOWN_HOSTS = "known_hosts"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a place of files, not a file
_LONGEST_CONNECT_S = 30
_FIXED = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "GlobalKnownHostsFile": "/dev/null",
    "VerifyHostKeyDNS": "no",
    "CheckHostIP": "no",
    "UpdateHostKeys": "no",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "AddKeysToAgent": "no",
    "PreferredAuthentications": "publickey",
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "GSSAPIAuthentication": "no",
    "HostbasedAuthentication": "no",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "Tunnel": "no",
    "PermitLocalCommand": "no",
    "ProxyCommand": "none",
    "ControlMaster": "no",
    "ControlPath": "none",
    "RequestTTY": "no",
    "CanonicalizeHostname": "no",
    "ConnectionAttempts": "1",
    "ServerAliveInterval": "10",
    "ServerAliveCountMax": "3",
    # Below that, the client does not say why a connection ended.
    "LogLevel": "INFO",
}


def memory() -> Path | None:
    """Where files are in memory only, if there is such a place: keys lie there rather than on a disk.

    They lie in a file at all because the alternative, an SSH_ASKPASS program, would have to get the
    passphrase from a file or the environment, beside the encrypted key, and to be started from a folder that
    may forbid that. So a key is decrypted before, and its passphrase is never written anywhere.
    """
    return _MEMORY if os.path.ismount(_MEMORY) and os.access(_MEMORY, os.R_OK | os.W_OK | os.X_OK) else None


def client() -> str:
    """The path of OpenSSH's client; ProgramMissing, which is Terminal, if there is none."""
    found = shutil.which("ssh")
    if found is None:
        raise ProgramMissing(
            "the program ssh is not installed, or is not in PATH: install OpenSSH's client where penstock "
            "runs (Debian, Ubuntu and Alpine: openssh-client; Fedora: openssh-clients), or use https"
        )
    return found


def write_ssh(folder: Path, login: SSHLogin, seconds: float) -> str:
    """Write everything into `folder`, readable by us alone, and give git's core.sshCommand.

    `seconds` is what is left for the whole operation; a connection gets less.
    """
    keys = _agent(login.agent) if login.agent else _identity(folder, login.key)
    private_file(folder / KNOWN_HOSTS, login.known_hosts.replace(b"\r\n", b"\n") + b"\n")
    own = {
        "User": login.user,
        "UserKnownHostsFile": _path(folder / KNOWN_HOSTS),
        "ConnectTimeout": str(max(1, min(_LONGEST_CONNECT_S, int(seconds)))),
    }
    private_file(folder / CONFIG, "".join(_lines({**own, **_FIXED, **keys})).encode())
    return f"{shlex.quote(client())} -F {shlex.quote(str(folder / CONFIG))}"


def _identity(folder: Path, key: bytes) -> dict[str, str]:
    private_file(folder / IDENTITY, key)
    return {"IdentityFile": _path(folder / IDENTITY)}


def _agent(socket: str) -> dict[str, str]:
    """The keys of an agent, and none that lie in the home folder."""
    return {"IdentityFile": "none", "IdentityAgent": _path(Path(socket)), "IdentitiesOnly": "no"}


def private_file(path: Path, data: bytes) -> None:
    """Readable by us alone from its first moment on."""
    path.touch(mode=0o600)
    path.write_bytes(data)


def _path(path: Path) -> str:
    """A path as ssh reads it: in quotes, and with nothing that it would replace."""
    text = str(path)
    if '"' in text or "${" in text:
        raise ValueError(f"ssh cannot be told of the folder {text}")
    return '"' + text.replace("%", "%%") + '"'


def _lines(options: dict[str, str]) -> Iterator[str]:
    for key, value in options.items():
        if any(char in value for char in "\n\r\0"):
            raise ValueError(f"{key} has a line break")
        yield f"{key} {value}\n"
