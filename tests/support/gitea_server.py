"""A Gitea of one's own on loopback: https with an authority of its own, ssh, webhooks to this machine."""

from __future__ import annotations

import getpass
import json
import os
import re
import secrets
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from penstock.tools.controlplane.certs import Authority, Subject

from tests.runtime.processes import free_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "127.0.0.1"
_TOKEN = re.compile(r"\b([0-9a-f]{40})\b")


@dataclass(frozen=True)
class Person:
    """An account with a token that may do everything."""

    login: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass
class GiteaServer:
    """Runs `program` (its files lie beside it) in `folder` until the end of the block.

    `administrator` may do everything; `log` is what it printed.
    """

    program: Path
    folder: Path
    log: list[str] = field(default_factory=list)

    def __enter__(self) -> GiteaServer:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.ssh_port = free_port(), free_port()
        authority = Authority("gitea", datetime.now(UTC))
        self.ca = authority.certificate
        self.ca_file = self.folder / "ca.pem"
        self.ca_file.write_bytes(self.ca)
        served = authority.issue(Subject(HOST), (HOST, "localhost"))
        (self.folder / "cert.pem").write_bytes(served.certificate)
        (self.folder / "key.pem").write_bytes(served.key)
        self._context = ssl.create_default_context(cadata=self.ca.decode())
        (self.folder / "app.ini").write_text(self._settings())
        self._process = subprocess.Popen(
            self._argv("web"),
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            eventually(lambda: self._process.poll() is not None or self._answers(), "Gitea answers", 120)
            assert self._process.poll() is None, "\n".join(self.log)
            self.administrator = self._make_administrator()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    @property
    def hostname(self) -> str:
        """What `--hostname` is for it."""
        return f"{HOST}:{self.port}"

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, login: str = ""
    ) -> tuple[int, Any]:
        """Status and JSON of its API, asked as the administrator, or with another Authorization header."""
        request = urllib.request.Request(
            f"https://{self.hostname}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": login or f"token {self.administrator.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:  # noqa: S310 - as above
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                return error.code, json.loads(text) if text else None

    def person(self, login: str, *scopes: str) -> Person:
        """A new account; its token has these scopes, or all."""
        password = secrets.token_urlsafe(12)
        account = {
            "username": login,
            "email": f"{login}@example.com",
            "password": password,
            "must_change_password": False,
        }
        assert self.ask("POST", "/admin/users", account)[0] == 201
        return Person(login, password, self.token(login, password, *scopes))

    def token(self, login: str, password: str, *scopes: str) -> str:
        """A further token of an account."""
        basic = f"Basic {b64encode(f'{login}:{password}'.encode()).decode()}"
        wanted = {"name": secrets.token_hex(4), "scopes": list(scopes) or ["all"]}
        status, made = self.ask("POST", f"/users/{login}/tokens", wanted, login=basic)
        assert status == 201, made
        return str(made["sha1"])

    def organisation(self, name: str, owner: Person) -> None:
        """A new organisation."""
        body = {"username": name}
        assert self.ask("POST", "/orgs", body, login=f"token {owner.token}")[0] == 201

    def known_hosts(self) -> bytes:
        """The lines for its ssh, as ssh-keyscan gives them."""
        lines = [path.read_text().split()[:2] for path in sorted((self.folder / "data/ssh").glob("*.pub"))]
        return "".join(f"[{HOST}]:{self.ssh_port} {kind} {key}\n" for kind, key in lines).encode()

    def _argv(self, *arguments: str) -> list[str]:
        return [str(self.program), "--config", str(self.folder / "app.ini"), *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "USER", "LOGNAME") if key in os.environ}
        return {**kept, "HOME": str(self.folder), "GITEA_WORK_DIR": str(self.folder)}

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            self.log.extend(line.rstrip() for line in self._process.stdout)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"https://{self.hostname}/api/healthz", context=self._context
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _make_administrator(self) -> Person:
        password = secrets.token_urlsafe(12)
        done = subprocess.run(
            [
                *self._argv("admin", "user", "create", "--admin", "--must-change-password=false"),
                *("--username", "administrator", "--email", "administrator@example.com"),
                *("--password", password, "--access-token", "--access-token-scopes", "all"),
            ],
            env=self._environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        found = _TOKEN.search(done.stdout)
        assert found is not None, done.stdout + done.stderr
        return Person("administrator", password, found[1])

    def _settings(self) -> str:
        """As little of Gitea as is needed. It refuses to run as root unless it is told to, as CI does."""
        here = self.program.parent
        return f"""
APP_NAME = Gitea
RUN_USER = {getpass.getuser()}
RUN_MODE = prod
WORK_PATH = {self.folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = {str(os.geteuid() == 0).lower()}
[server]
PROTOCOL = https
HTTP_ADDR = {HOST}
HTTP_PORT = {self.port}
DOMAIN = {HOST}
ROOT_URL = https://{self.hostname}/
CERT_FILE = {self.folder}/cert.pem
KEY_FILE = {self.folder}/key.pem
STATIC_ROOT_PATH = {here}
OFFLINE_MODE = true
LFS_START_SERVER = false
START_SSH_SERVER = true
SSH_DOMAIN = {HOST}
SSH_LISTEN_HOST = {HOST}
SSH_LISTEN_PORT = {self.ssh_port}
SSH_PORT = {self.ssh_port}
BUILTIN_SSH_SERVER_USER = git
[database]
DB_TYPE = sqlite3
PATH = {self.folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = {secrets.token_hex(16)}
PASSWORD_HASH_ALGO = pbkdf2_v1
[webhook]
ALLOWED_HOST_LIST = loopback
[queue]
TYPE = channel
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[actions]
ENABLED = false
[packages]
ENABLED = false
[repository]
DEFAULT_BRANCH = main
[service]
DISABLE_REGISTRATION = true
[log]
MODE = console
LEVEL = Warn
"""
