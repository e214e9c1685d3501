"""What git and ssh say when a fetch over ssh fails, as one sentence, in Flux's words where it has them. Pure.

Over ssh a server writes to the same stderr as git and ssh do, so it can say anything there. A sentence comes
from the table alone, and what is not in it is not shown.
"""

from __future__ import annotations

import re

from penstock.tools.giterrors import TOO_LARGE, GitFailed, Problem, too_large

_HANDSHAKE = "ssh: handshake failed:"
_HOSTS = "known_hosts of the Secret in spec.secretRef"
_UNKNOWN = (
    f"{_HANDSHAKE} knownhosts: key is unknown: {_HOSTS} has no key for this server and port: add what "
    "`ssh-keyscan` shows, once you know that it is the server's"
)
_CHANGED = (
    f"{_HANDSHAKE} knownhosts: key mismatch: the server has another key than {_HOSTS} says: it is another "
    "server, or its operator has changed the key and says so"
)
_REVOKED = f"{_HANDSHAKE} knownhosts: key is revoked: {_HOSTS} marks the server's key as @revoked"
_WEAK = f"{_HANDSHAKE} the server's host key is too short to be safe: ask its operator for another"
_NONE_IN_COMMON = f"{_HANDSHAKE} ssh: no common algorithm: the server offers none that OpenSSH still accepts"
_DENIED = (
    f"{_HANDSHAKE} ssh: unable to authenticate: the server does not accept the identity of the Secret in "
    "spec.secretRef: check that its public key may read the repository, and the user in spec.url"
)
_GONE, _AWAY = Problem.NOT_FOUND, Problem.UNREACHABLE
_NO_OBJECT = "the server does not have that commit"
_NOT_FOUND = "repository not found: check spec.url, and whether the identity may read it"
_NOT_GIT = "the server does not answer as a Git server does: check spec.url"
_CLOSED = "the server closed the connection"
_SILENT = "the server did not answer in time"
_NO_USER = (
    "ssh does not run for a user without a name: give the user that penstock runs as a line in /etc/passwd"
)

_PATTERNS = (
    (r"^@ *WARNING: REVOKED HOST KEY DETECTED", Problem.HOST_KEY, _REVOKED),
    (r"^@ *WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED", Problem.HOST_KEY, _CHANGED),
    (r"^No .* host key is known for .* and you have requested strict checking", Problem.HOST_KEY, _UNKNOWN),
    (r"^Host key verification failed", Problem.HOST_KEY, _CHANGED),
    (r"^(ssh_dispatch_run_fatal|Bad server host key): .*[Ii]nvalid key length", Problem.HOST_KEY, _WEAK),
    (r"^Unable to negotiate with .*: no matching ", Problem.HOST_KEY, _NONE_IN_COMMON),
    (r"^\S+: Permission denied \(|Too many authentication failures", Problem.AUTHENTICATION, _DENIED),
    (r"^No user exists for uid", Problem.OTHER, _NO_USER),
    (r"^ssh: Could not resolve hostname", _AWAY, "the server's name could not be resolved"),
    (r"^ssh: connect to .*: Connection refused", _AWAY, "connection refused"),
    (r"^ssh: connect to .*: (No route|Network is)", _AWAY, "the server cannot be reached"),
    (r"^(ssh: connect|Connection|Timeout|banner exchange).*(timed out|not responding)", _AWAY, _SILENT),
    (TOO_LARGE, Problem.TOO_LARGE, ""),
    (r"not our ref|unadvertised object|couldn't find remote ref", Problem.NO_OBJECT, _NO_OBJECT),
    (r"No space left on device", Problem.OTHER, "no space left on device"),
    (r"not appear to be a git repository|not found|not be found|not exist|access denied", _GONE, _NOT_FOUND),
    (r"bad line length|protocol error|^fatal: (expected|invalid|unexpected) ", Problem.SERVER, _NOT_GIT),
    (r"banner|identification string|bad packet length", Problem.SERVER, "the server does not speak ssh"),
    (r"closed by|reset by|hung up|early EOF|disconnect|Could not read from remote", Problem.SERVER, _CLOSED),
)
"""What stands in stderr, the most certain first."""
_TABLE = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), problem, sentence)
    for pattern, problem, sentence in _PATTERNS
)


def ssh_failure(stderr: str, *, pack_bytes: int = 0) -> GitFailed:
    """The error for what git, ssh and the server wrote to stderr; `pack_bytes` is the limit of a fetch."""
    for pattern, problem, sentence in _TABLE:
        if pattern.search(stderr):
            return GitFailed(sentence or too_large(pack_bytes), problem)
    return GitFailed("git failed without a word that is known")
