"""A small Git server over smart HTTP, for the embedded default and the tests; it listens on loopback only.

`git http-backend` does the protocol; this module is the CGI host in front of it (see git-http-backend(1)),
with optional credentials and TLS, and tells about every push that changed references.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from base64 import b64encode
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.tools.process import Bounds, environment, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import IO, Any

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_CHUNK = 64 * 1024
_GIT_S, _GIT_BYTES = 60, 64 * 1024 * 1024
"""Ours: it serves the fleets of this machine."""
_POLL_S = 0.1
"""How soon it notices that it is to stop."""
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_REQUEST = re.compile(r"/(?P<name>.+?)(\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)")
_RECEIVE = "git-receive-pack"
_CONFIG = {"safe.directory": "*", "http.receivepack": "true", "gc.auto": "0", "core.hooksPath": "/dev/null"}


@dataclass(frozen=True)
class RefUpdate:
    """A reference that a push changed; an absent hash is empty."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True)
class Login:
    """What a client must send: a user name and password, or a bearer token."""

    username: str = ""
    password: str = ""
    token: str = ""

    def header(self) -> str:
        """The value of the Authorization header."""
        if self.token:
            return f"Bearer {self.token}"
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


class GitServer:
    """Serves the bare repositories below `root` while it is entered as a context manager.

    `on_push(name, updates)` runs before the push is answered. `tls` is the certificate's and key's path.
    """

    def __init__(
        self,
        root: Path,
        *,
        port: int = 0,
        login: Login | None = None,
        tls: tuple[Path, Path] | None = None,
        on_push: Callable[[str, tuple[RefUpdate, ...]], None] | None = None,
    ) -> None:
        self._root = root
        self._login = login
        self._on_push = on_push
        self._pushing = threading.Lock()
        context = (str(tls[0]), str(tls[1])) if tls else None
        self._server = make_server(
            "127.0.0.1", port, self, threaded=True, request_handler=_Quiet, ssl_context=context
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="git-server", daemon=True
        )
        self._scheme = "https" if tls else "http"

    def __enter__(self) -> GitServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at its end."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def url(self, name: str) -> str:
        """The clone URL of a repository."""
        return f"{self.base_url}/{name}.git"

    def path(self, name: str) -> Path:
        """Where the bare repository lies."""
        return self._root / f"{name}.git"

    def create(self, name: str, branch: str = "main") -> str:
        """Make an empty repository if there is none, and give its URL."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a repository")
        if not self.path(name).is_dir():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._root) as half:
                self._git("init", "--quiet", "--bare", f"--initial-branch={branch}", f"{half}/whole")
                Path(half, "whole").rename(self.path(name))
        return self.url(name)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The WSGI application."""
        found = _REQUEST.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or not _NAME.fullmatch(found["name"]) or not self.path(found["name"]).is_dir():
            return _plain(start, "404 Not Found")
        if not self._allowed(environ.get("HTTP_AUTHORIZATION", "")):
            return _plain(start, "401 Unauthorized", ("WWW-Authenticate", 'Basic realm="git"'))
        if found["service"] == _RECEIVE:
            return self._receive(found["name"], environ, start)
        return self._serve(found["name"], found["service"], environ, start)

    def refs(self, name: str) -> dict[str, str]:
        """The hashes of a repository's references by full name."""
        listed = self._git("-C", str(self.path(name)), "for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def _receive(self, name: str, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self._pushing:
            before = self.refs(name)
            answer = list(self._serve(name, _RECEIVE, environ, start))
            after = self.refs(name)
            changed = sorted(ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref))
            if changed and self._on_push is not None:
                self._on_push(
                    name, tuple(RefUpdate(ref, before.get(ref, ""), after.get(ref, "")) for ref in changed)
                )
            return answer

    def _allowed(self, header: str) -> bool:
        if self._login is None:
            return True
        return compare_digest(header.encode("utf-8", "replace"), self._login.header().encode())

    def _serve(
        self, name: str, service: str, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        process = subprocess.Popen(
            ["git", "http-backend"],  # noqa: S607 - git of PATH, as everywhere
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(_cgi(self._root, f"/{name}.git/{service}", environ)),
            cwd=self._root,
        )
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the process has pipes")
        _feed(environ, process.stdin)
        status, headers = _cgi_headers(process.stdout)
        start(status, headers)
        return _Body(process)

    def _git(self, *arguments: str) -> str:
        bounds = Bounds(Deadline.after(SystemClock(), _GIT_S), _GIT_BYTES)
        done = run(["git", *arguments], bounds, env=self._environment({}), cwd=self._root)
        if done.code:
            raise Terminal(f"git {arguments[0]} failed: {done.stderr.strip() or f'exit code {done.code}'}")
        return done.stdout.decode("utf-8", "replace")

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        config = {"GIT_CONFIG_COUNT": str(len(_CONFIG)), "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self._root)}
        for number, (key, value) in enumerate(_CONFIG.items()):
            config |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return environment({**config, "GIT_CONFIG_GLOBAL": "/dev/null", **extra})


class _Quiet(WSGIRequestHandler):
    """Keeps connections open and says nothing on stderr."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Drop the line."""


class _Body:
    """What is left of the backend's output, as a WSGI body; the process ends with it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __iter__(self) -> Iterator[bytes]:
        stdout = self._process.stdout
        if stdout is not None:
            while chunk := stdout.read1(_CHUNK):  # type: ignore[attr-defined] # it is buffered
                yield chunk
        self.close()

    def close(self) -> None:
        """Close the pipe, so that a backend whose client is gone ends, and wait for it."""
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()


def _plain(start: StartResponse, status: str, *headers: tuple[str, str]) -> list[bytes]:
    body = f"{status}\n".encode()
    start(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *headers])
    return [body]


def _cgi(root: Path, path: str, environ: WSGIEnvironment) -> dict[str, str]:
    """The request as CGI variables; a remote user is what lets the backend take pushes."""
    names = ("REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONTENT_ENCODING")
    return {
        **{name: environ[name] for name in names if environ.get(name)},
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": environ.get("HTTP_GIT_PROTOCOL", ""),
        "PATH_INFO": path,
        "REMOTE_USER": "penstock",
        "REMOTE_ADDR": "127.0.0.1",
    }


def _feed(environ: WSGIEnvironment, stdin: IO[bytes]) -> None:
    """Hand the request's body on; a backend that does not want all of it is no error."""
    left = int(environ.get("CONTENT_LENGTH") or 0)
    endless = bool(environ.get("wsgi.input_terminated")) and not environ.get("CONTENT_LENGTH")
    try:
        while endless or left:
            chunk = environ["wsgi.input"].read(_CHUNK if endless else min(_CHUNK, left))
            if not chunk:
                break
            stdin.write(chunk)
            left -= len(chunk)
        stdin.close()
    except BrokenPipeError:
        pass


def _cgi_headers(stdout: IO[bytes]) -> tuple[str, list[tuple[str, str]]]:
    """Status line and headers that the backend printed; none at all is a failed backend."""
    status = "200 OK"
    headers: list[tuple[str, str]] = []
    for line in iter(stdout.readline, b""):
        if not line.strip():
            return status, headers
        name, _, value = line.decode("latin-1").strip().partition(":")
        if name.lower() == "status":
            status = value.strip()
        else:
            headers.append((name, value.strip()))
    return "500 Internal Server Error", [("Content-Length", "0")]
