"""A penstock that is killed while it fetches over ssh: its key goes with the next fetch (threats A-62)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.fixtures_ssh import SSHGitServer, exported
from tests.source.fetchers.over_ssh import OverSSH, name_of
from tests.source.fetchers.sources import files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy

HOLD = """
import sys
from pathlib import Path
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.source.sshlogin import SSHLogin
from penstock.tools.git import Git, Remote
login = SSHLogin("git", sys.stdin.buffer.readline(), b"")
remote = Remote("ssh://127.0.0.1/r", ssh=login)
with Git(Limits(), temporary=Path(sys.argv[1])).session(remote, Deadline.after(SystemClock(), 60)):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_of_a_key_goes_with_the_next_fetch(
    repository: WorkingCopy, ssh_server: SSHGitServer, tmp_path: Path
) -> None:
    repository.publish({"a": "1"})
    place = tmp_path / "place"
    place.mkdir()
    key = exported(ssh_server.accepted[0]).splitlines()[2] + b"\n"
    argv = [sys.executable, "-c", HOLD, str(place)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(key)
        process.stdin.flush()
        assert process.stdout.readline() == b"open\n"
        process.send_signal(signal.SIGKILL)
    left = [path for path in place.rglob("*") if path.is_file() and key in path.read_bytes()]
    assert [path.name for path in left] == ["identity"]
    for folder in place.iterdir():
        os.utime(folder, (0, 0))
    assert files(OverSSH(ssh_server, name_of(repository), place).fetch()) == {"a": b"1"}
    assert list(place.iterdir()) == []
