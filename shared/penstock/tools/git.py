"""The git CLI, hermetic: one session per look at a remote, in a temporary folder that goes with it.

Nothing is ever checked out: files are read from the objects, so that no filter, link, attribute or file name
of a repository can do anything here (threats A-19, A-66, A-72 to A-76).
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded
from penstock.tools.gitconfig import Remote, git_environment, write_config
from penstock.tools.giterrors import GitFailed, Problem, failure, push_failure, redirect_in
from penstock.tools.gitobjects import Mode, parse_blobs, parse_commit, parse_refs, parse_tree
from penstock.tools.gitpause import pause_s
from penstock.tools.process import Bounds, ProgramTimeout, run
from penstock.tools.scratch import scratch
from penstock.tools.sshconfig import memory, write_ssh
from penstock.tools.ssherrors import ssh_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.source.reference import RemoteRef
    from penstock.tools.gitobjects import Commit, TreeEntry
    from penstock.tools.process import Completed

__all__ = ["Git", "GitFailed", "GitSession", "Mode", "Remote"]

_PREFIX = "penstock-git-"
_SSH_PREFIX = "penstock-ssh-"
_REPOSITORY = "repository.git"
_FETCHED = "refs/penstock/fetched"
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_FILES = 5000
"""Ours, of contents in memory at once; a file that is larger comes alone."""
_HEADER_BYTES = 128
_TRACE = MappingProxyType({"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1", "GIT_TRACE_REDACT": "1"})
"""git tells no other way what an answer's headers say; credentials are redacted, and none of it is shown."""
_TRACE_FILE = "trace"
_TRACE_BYTES = 64 * 1024
"""Of a trace that is kept; the last answer is at its end."""


class Git:
    """Opens sessions; `temporary` is where their folders are made, the system's place if not given."""

    def __init__(self, limits: Limits, *, program: str = "git", temporary: Path | None = None) -> None:
        self._limits = limits
        self._program = program
        self._temporary = temporary

    @contextmanager
    def session(
        self, remote: Remote, deadline: Deadline, within: GitSession | None = None
    ) -> Iterator[GitSession]:
        """A session with a remote that has to be over by the deadline; nothing of it is left behind.

        What it fetches goes to the repository of the session `within`, if that is given, and stays there.
        """
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(scratch(_PREFIX, self._temporary))
                command = ""
                if remote.ssh is not None:
                    keys = stack.enter_context(scratch(_SSH_PREFIX, self._temporary or memory()))
                    command = write_ssh(keys, remote.ssh, deadline.remaining())
                write_config(folder, remote, command)
            except OSError as error:
                raise GitFailed(f"no temporary folder could be made: {error.strerror or error}") from None
            repository = within.repository if within is not None else folder / _REPOSITORY
            yield GitSession(self._program, folder, repository, remote, deadline, self._limits)


class GitSession:
    """What can be asked of one remote. Every method raises GitFailed, which is Transient."""

    def __init__(
        self,
        program: str,
        folder: Path,
        repository: Path,
        remote: Remote,
        deadline: Deadline,
        limits: Limits,
    ) -> None:
        self.repository = repository
        self._program = program
        self._folder = folder
        self._remote = remote
        self._deadline = deadline
        self._limits = limits

    def ls_remote(
        self, names: Iterable[str] = (), *, heads: bool = False, tags: bool = False
    ) -> tuple[RemoteRef, ...]:
        """The remote's references of these full names, or all; `heads` and `tags` keep the list short."""
        kinds = [*(["--heads"] if heads else []), *(["--tags"] if tags else [])]
        output = self._ask("ls-remote", "--quiet", *kinds, "--", self._remote.address, *names)
        if output.count(b"\n") > self._limits.git_refs:
            raise LimitExceeded(
                f"the remote has more than {self._limits.git_refs} references", limit="git_refs"
            )
        return parse_refs(output)

    def redirect(self) -> str | None:
        """Where the server sends us, in its own words (empty: it does not say); None if it does not."""
        done = self._run("ls-remote", "--quiet", "--", self._remote.address, "HEAD", env=_TRACE)
        if done.code == 0 or self._failure(done).problem is not Problem.REDIRECT:
            return None
        return redirect_in(done.stderr)

    def fetch(self, *wants: str, shallow: bool = True) -> None:
        """Fetch hashes or full reference names; each `want` may end in `*` to mean all below."""
        self.make("sha256" if any(len(want) == 64 and "/" not in want for want in wants) else "sha1")
        specs = [f"+{want}:{_target(number, want)}" for number, want in enumerate(wants)]
        depth = ["--depth=1"] if shallow else []
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
        self._ask(
            f"--git-dir={self.repository}", "fetch", *options, *depth, "--", self._remote.address, *specs
        )

    def fetched(self) -> str:
        """The commit of the first thing that was fetched last."""
        name = f"{_target(0, '')}^{{commit}}"
        return self.local("rev-parse", "--verify", "--quiet", name).decode().strip()

    def has(self, commit: str) -> bool:
        """Whether the commit was fetched."""
        try:
            self.local("cat-file", "-e", f"{commit}^{{commit}}")
        except GitFailed:
            return False
        return True

    def commit(self, commit: str) -> Commit:
        """A commit that was fetched."""
        return parse_commit(commit, self.local("cat-file", "commit", commit))

    def tree(self, commit: str) -> tuple[TreeEntry, ...]:
        """All entries of a fetched commit, folders too, in git's order."""
        return parse_tree(self.local("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit))

    def blobs(self, entries: Iterable[TreeEntry]) -> Iterator[bytes]:
        """The contents of entries that are files or links, in their order; only a batch is in memory."""
        for batch in _batches(entries):
            wanted = "".join(f"{entry.hash}\n" for entry in batch).encode()
            most = sum(entry.size + _HEADER_BYTES for entry in batch)
            output = self.local("cat-file", "--batch", stdin=wanted, output_bytes=most)
            yield from parse_blobs(output, batch)

    def push(self, commit: str, ref: str) -> None:
        """Move a reference of the remote on to a commit of this repository, or make it; never by force.

        Problem.STALE: it has commits that ours is not built on. Problem.DECLINED: the server refuses.
        """
        done = self._run(
            f"--git-dir={self.repository}",
            *("push", "--quiet", "--porcelain", "--no-verify", "--recurse-submodules=no", "--"),
            *(self._remote.address, f"{commit}:{ref}"),
        )
        if done.code != 0:
            raise push_failure(done.stdout.decode("utf-8", "replace")) or self._failure(done)

    def modules(self, entry: TreeEntry) -> bytes:
        """What git reads in a .gitmodules file that was fetched: `key\nvalue\0` of each setting."""
        return self.local("config", f"--blob={entry.hash}", "--no-includes", "--list", "-z")

    def local(
        self,
        *arguments: str,
        stdin: bytes = b"",
        output_bytes: int | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """What git prints for a command on this session's repository; `env` is added to its environment."""
        return self._git(
            f"--git-dir={self.repository}", *arguments, stdin=stdin, output_bytes=output_bytes, env=env
        )

    def packed_bytes(self) -> int:
        """What was fetched so far, as it lies on the disk."""
        return sum(path.stat().st_size for path in (self.repository / "objects" / "pack").glob("*.pack"))

    def make(self, form: str = "sha1") -> None:
        """The repository of this session, empty, if there is none yet; `form` is that of its hashes."""
        if not self.repository.exists():
            self._git("init", "--quiet", "--bare", f"--object-format={form}", str(self.repository))

    def _ask(self, *arguments: str) -> bytes:
        """What git prints that talks to the remote; what the server wants besides is in the error."""
        trace = self._folder / _TRACE_FILE
        done = self._run(*arguments, env={**_TRACE, "GIT_TRACE_CURL": str(trace)})
        if done.code == 0:
            return done.stdout
        text = trace.read_bytes()[-_TRACE_BYTES:].decode("latin-1") if trace.is_file() else ""
        raise self._failure(done, pause_s(text, self._deadline.clock.now()))

    def _git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        output_bytes: int | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        done = self._run(*arguments, stdin=stdin, output_bytes=output_bytes, env=env)
        if done.code != 0:
            raise self._failure(done)
        return done.stdout

    def _run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        output_bytes: int | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Completed:
        limits = self._limits
        most, limit = (output_bytes, "") if output_bytes else (limits.git_output_bytes, "git_output_bytes")
        bounds = Bounds(self._deadline, most, limits.git_pack_bytes, limit)
        try:
            return run(
                [self._program, *arguments],
                bounds,
                env={**git_environment(self._folder), **env},
                cwd=self._folder,
                stdin=stdin,
            )
        except ProgramTimeout:
            raise GitFailed("the Git operation did not end within spec.timeout") from None
        except LimitExceeded as error:
            raise LimitExceeded(f"the repository has too many files or references: {error.message}") from None

    def _failure(self, done: Completed, pause_s: float | None = None) -> GitFailed:
        most = self._limits.git_pack_bytes
        if self._remote.ssh is not None:
            return ssh_failure(done.stderr, pack_bytes=most)
        login = bool(self._remote.authorization)
        return failure(done.stderr, with_credentials=login, pack_bytes=most, pause_s=pause_s)


def _target(number: int, want: str) -> str:
    """Where a fetched reference is kept."""
    return f"{_FETCHED}/{number}/*" if want.endswith("*") else f"{_FETCHED}/{number}"


def _batches(entries: Iterable[TreeEntry]) -> Iterator[list[TreeEntry]]:
    """The entries in portions of a bounded size; a file that is larger than that is one of its own."""
    batch: list[TreeEntry] = []
    size = 0
    for entry in entries:
        if batch and (size + entry.size > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
