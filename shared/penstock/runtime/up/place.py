"""The folder that `up` works in, and the note that `down` reads: who runs, and on which cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal, Transient
from penstock.tools.controlplane.identity import look

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.base.clock import Clock

_END_S = 60
_POLL_S = 0.1


@dataclass(frozen=True)
class Note:
    """What `down` has to know. An empty kubeconfig means the embedded control plane."""

    pid: int
    identity: str
    kubeconfig: str = ""
    context: str = ""


@dataclass(frozen=True)
class Place:
    """Where everything of one `up` lies, below one folder."""

    folder: Path

    @property
    def control_plane(self) -> Path:
        """The embedded control plane."""
        return self.folder / "control-plane"

    @property
    def bucket(self) -> Path:
        """The bucket."""
        return self.folder / "bucket"

    @property
    def queue(self) -> Path:
        """The queue."""
        return self.folder / "queue"

    @property
    def git(self) -> Path:
        """The Git server's bare repositories."""
        return self.folder / "git"

    @property
    def fleet(self) -> Path:
        """The clone of the sample fleet; what a person edits and pushes."""
        return self.folder / "fleet"

    @property
    def note_file(self) -> Path:
        """The note."""
        return self.folder / "up.json"

    @property
    def log_file(self) -> Path:
        """The functions' log."""
        return self.folder / "functions.log"

    def take(self) -> None:
        """Make the folder if need be, and leave word that it is ours; Terminal if it is somebody else's.

        What an earlier `up` brought to a cluster stays noted.
        """
        self.check_ours()
        before = self.read_note()
        self.write_note(*((before.kubeconfig, before.context) if before is not None else ("", "")))

    def check_ours(self) -> None:
        """Terminal if there are things in the folder but no note: some of them would be removed."""
        if self.folder.exists() and not self.note_file.exists() and any(self.folder.iterdir()):
            raise Terminal(
                f"{self.folder} is not empty and was not made by `penstock up`: choose another --dir"
            )

    def write_note(self, kubeconfig: str, context: str) -> None:
        """Leave word that this process runs `up` here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        seen = look(os.getpid())
        note = Note(os.getpid(), seen.identity if seen else "", kubeconfig, context)
        self.note_file.write_text(json.dumps(asdict(note)))

    def read_note(self) -> Note | None:
        """The last note; None if there is none that can be read."""
        try:
            return Note(**json.loads(self.note_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def clear(self) -> None:
        """Remove everything that is ours, and the folder if that was all."""
        if not self.folder.is_dir():
            return
        self.clear_cluster_data()
        for folder in (self.git, self.fleet):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.log_file, self.note_file):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def clear_cluster_data(self) -> None:
        """Remove what belongs to one embedded cluster; the fleet and its repository stay."""
        for folder in (self.control_plane, self.bucket, self.queue):
            shutil.rmtree(folder, ignore_errors=True)


def end(note: Note, clock: Clock) -> None:
    """Ask the process of the note to end, as Ctrl-C does; Transient if it does not within a minute."""
    os.kill(note.pid, signal.SIGTERM)
    deadline = Deadline.after(clock, _END_S)
    while runs(note):
        if deadline.expired:
            raise Transient(f"process {note.pid} does not end: end it yourself, then try again")
        time.sleep(_POLL_S)


def runs(note: Note) -> bool:
    """Whether the process of the note still runs, and is not a later one with its number."""
    seen = look(note.pid)
    return seen is not None and seen.identity == note.identity and not seen.zombie
