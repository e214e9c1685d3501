"""The only configuration that git runs with: nothing of the machine or its user, and secrets in one file.

The file lies in a folder that is ours alone and goes with it: credentials are never in an argument, a URL or
an environment variable (the audit of Flux in 2021 found both of the latter).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock.source.url import is_loopback
from penstock.tools.process import environment
from penstock.tools.sshconfig import private_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.source.sshlogin import SSHLogin

CONFIG = "config"
AUTHORITIES = "ca.pem"
_SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)

_FIXED = {
    "core": {
        "hooksPath": "/dev/null",
        "askPass": "",
        "attributesFile": "/dev/null",
        "excludesFile": "/dev/null",
        "symlinks": "false",
        "fsync": "none",
    },
    "credential": {"helper": ""},
    "protocol": {"allow": "never", "version": "2"},
    "fetch": {"recurseSubmodules": "false", "unpackLimit": "1", "writeCommitGraph": "false"},
    "submodule": {"recurse": "false"},
    "init": {"templateDir": "", "defaultBranch": "main"},
    "gc": {"auto": "0"},
    "maintenance": {"auto": "false"},
}


@dataclass(frozen=True)
class Remote:
    """A Git server: its address, the Authorization header it gets, and the authorities to trust (PEM); for
    ssh, the login.

    The header goes to this address only: redirects are never followed by git itself.
    """

    address: str
    authorization: str = field(default="", repr=False)
    authorities: bytes = field(default=b"", repr=False)
    ssh: SSHLogin | None = None


def write_config(folder: Path, remote: Remote, ssh_command: str = "") -> None:
    """Write git's configuration for a remote into `folder`, readable by us alone.

    With a command for ssh, git speaks ssh and nothing else; without one, http and https.
    """
    transport = _ssh(ssh_command) if ssh_command else _http(folder, remote)
    private_file(folder / CONFIG, "".join(_lines(_merged(_FIXED, transport))).encode())


def _ssh(command: str) -> dict[str, dict[str, str]]:
    return {"core": {"sshCommand": command}, "ssh": {"variant": "ssh"}, 'protocol "ssh"': {"allow": "always"}}


def _http(folder: Path, remote: Remote) -> dict[str, dict[str, str]]:
    http = {"followRedirects": "false", "sslVerify": "true"}
    if remote.authorities:
        http["sslCAInfo"] = str(folder / AUTHORITIES)
        private_file(folder / AUTHORITIES, system_authorities() + b"\n" + remote.authorities)
    if is_loopback(urlsplit(remote.address).hostname or ""):
        http["proxy"] = ""  # as in Go: what is on this machine is none of a proxy's business
    if remote.authorization:
        http["extraHeader"] = f"Authorization: {remote.authorization}"
    always = {"allow": "always"}
    return {"http": http, 'protocol "http"': always, 'protocol "https"': always}


def _merged(first: dict[str, dict[str, str]], second: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {**first.get(name, {}), **second.get(name, {})} for name in {**first, **second}}


def git_environment(folder: Path) -> dict[str, str]:
    """The environment of every git process whose configuration is in `folder`."""
    return environment(
        {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "GIT_CONFIG_GLOBAL": str(folder / CONFIG),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
        }
    )


def system_authorities() -> bytes:
    """The machine's certificate authorities as PEM, empty if there are none: Flux trusts them as well."""
    default = ssl.get_default_verify_paths().cafile
    for name in (default, *_SYSTEM_AUTHORITIES):
        if name and Path(name).is_file():
            return Path(name).read_bytes()
    return b""


def _lines(sections: dict[str, dict[str, str]]) -> Iterator[str]:
    for section, values in sections.items():
        yield f"[{section}]\n"
        for key, value in values.items():
            if any(char in value for char in "\n\r\0"):
                raise ValueError(f"{section}.{key} has a line break")
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            yield f'\t{key} = "{escaped}"\n'
