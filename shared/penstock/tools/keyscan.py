"""The host keys that an SSH server shows, by OpenSSH's ssh-keyscan: what known_hosts of a Secret is made of.

Nothing proves that they are the server's: whoever takes them trusts the network at that moment, as with
`flux bootstrap`. So it is done once, when a Secret is made, and never for one that is there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from penstock.base.errors import Transient
from penstock.tools.process import Bounds, ProgramMissing, environment, run

if TYPE_CHECKING:
    from penstock.base.deadline import Deadline

KEY_TYPES = ("ed25519", "ecdsa", "rsa")
_OUTPUT_BYTES = 64 * 1024
"""Ours: a server has a handful of keys, below a kilobyte each."""
_LONGEST_S = 10


class ScanFailed(Transient):
    """The server showed no key."""

    reason = "HostKeyScanFailed"


def scan(host: str, port: int, deadline: Deadline) -> bytes:
    """Lines for known_hosts, sorted; ScanFailed if there is no SSH server, ProgramMissing without OpenSSH.

    `host` is a name or an address that was checked to be one.
    """
    if which("ssh-keyscan") is None:
        raise ProgramMissing(
            "ssh-keyscan is not in PATH: install OpenSSH's client (Debian, Ubuntu and Alpine: "
            "openssh-client; Fedora: openssh-clients), or use https"
        )
    seconds = max(1, min(_LONGEST_S, int(deadline.remaining())))
    words = ("-T", str(seconds), "-p", str(port), "-t", ",".join(KEY_TYPES), "--", host.strip("[]"))
    bounds = Bounds(deadline.sooner(4.0 * _LONGEST_S), _OUTPUT_BYTES)
    done = run(["ssh-keyscan", *words], bounds, env=environment({}), cwd=Path(tempfile.gettempdir()))
    lines = sorted(line for line in done.stdout.splitlines() if line.strip() and not line.startswith(b"#"))
    if not lines:
        raise ScanFailed(f"SSH key scan for host {host}:{port} failed: no SSH server answers there")
    return b"\n".join(lines) + b"\n"
