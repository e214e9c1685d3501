"""Addresses of Git repositories: one strict parse of spec.url, and one form to compare spellings by.

The strict parse refuses what two programs could read differently (threats A-72, A-73). User info in the URL
is allowed, as in Flux (Azure DevOps' own clone URLs have it), but never part of the address that git gets.
An address for ssh is read by git, by ssh, and by whatever the server starts, so it may hold even less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import quote, unquote

from penstock.base.errors import Terminal
from penstock.base.text import printable

_LONGEST = 2048
"""Ours: GitHub's have less than 200 characters."""
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?:(?P<user>[^@:/?#]*)(?::(?P<password>[^@/?#]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)"
)
_SCHEMES = frozenset({"http", "https", "ssh"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x20\x7f\ud800-\udfff\\]|%[01][0-9A-Fa-f]|%7[Ff]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_DOTS = re.compile(r"(?i)/(\.|%2e){1,2}(/|$)")
_PATH_SAFE = "/%:@!$&'()*+,;=~"
_SSH_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}")
_QUOTING = re.compile(r"['\"`$\\]")

_HOST = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+)"
_ANY_URL = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:[^/@]*@)?{_HOST}(?::(?P<port>[0-9]*))?(?P<path>/.*)"
)
_SCP = re.compile(rf"(?:[^/@:]+@)?{_HOST}:(?!//)(?P<path>.+)")
_ENDING = re.compile(r"(/|\.git)+$")
_SAME_HOST = {
    "www.github.com": "github.com",
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


class InvalidURL(Terminal):
    """spec.url is no address that can be fetched from."""

    reason = "URLInvalid"


@dataclass(frozen=True)
class RepositoryURL:
    """The parts of spec.url. `host` is in lower case; user and password are decoded and not shown."""

    scheme: str
    host: str
    port: int | None
    path: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The URL without user info: what git gets and what messages show."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    @property
    def confidential(self) -> bool:
        """Whether credentials may travel there: over TLS or ssh, or without leaving the machine."""
        return self.scheme in {"https", "ssh"} or is_loopback(self.host)

    @property
    def origin(self) -> tuple[str, int]:
        """Host and effective port."""
        return self.host, self.port or _DEFAULT_PORTS.get(self.scheme, 0)


def _form(text: str) -> str:
    """What to write in place of a text that is no URL; scp's short form has one of its own."""
    short = "://" not in text and _SCP.fullmatch(text)
    return "ssh://git@host/path (user@host:path is none, as in Flux)" if short else "https://host/path"


def parse_url(text: str) -> RepositoryURL:
    """The parts of a spec.url; InvalidURL saying what is wrong with it, without its user info."""
    if len(text) > _LONGEST:
        raise InvalidURL(f"spec.url is longer than {_LONGEST} characters")
    if _CONTROL.search(text.replace(" ", "%20")) or text != text.strip():
        raise InvalidURL("spec.url has a control character, a backslash or a space around it")
    found = _URL.fullmatch(text)
    if found is None or found["scheme"] not in _SCHEMES:
        raise InvalidURL(f"spec.url {_without_user_info(text)} is not of the form {_form(text)}")
    if _DOTS.search(found["path"]) or not found["path"].strip("/"):
        raise InvalidURL(f"spec.url {_without_user_info(text)} has no path, or one with . or .. in it")
    if bad := _BAD_ESCAPE.search(found["path"]):
        raise InvalidURL(f'failed to parse url {_without_user_info(text)}: invalid URL escape "{bad[0]}"')
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise InvalidURL(f"spec.url {_without_user_info(text)} has a port that does not exist")
    if found["scheme"] == "ssh":
        _check_ssh(found)
    return RepositoryURL(
        scheme=found["scheme"],
        host=found["host"].lower(),
        port=port,
        path=quote(found["path"], safe=_PATH_SAFE),
        user=unquote(found["user"] or ""),
        password=unquote(found["password"] or ""),
    )


def _check_ssh(found: re.Match[str]) -> None:
    """The user becomes a word of ssh's configuration, the path one of a command that the server runs."""
    user = unquote(found["user"] or "git")
    if not _SSH_USER.fullmatch(user):
        raise InvalidURL(f"spec.url {_without_user_info(found[0])} has a user that ssh could misread")
    if _QUOTING.search(unquote(found["path"])):
        raise InvalidURL(f"spec.url {_without_user_info(found[0])} has a quote or dollar sign in its path")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def canonical(text: str) -> str:
    """One form, itself a URL, for all spellings of a repository's address; empty if the text is none.

    https, http, ssh, git and scp-like addresses of one repository give the same. Letter case, `.git`,
    default ports, user info and slashes at the end do not count. Two repositories that differ in no more than
    that share a form, which only costs a superfluous look.
    """
    if len(text) > _LONGEST:
        return ""
    found = _ANY_URL.fullmatch(text.strip()) or _SCP.fullmatch(text.strip())
    if found is None:
        return ""
    parts = found.groupdict()
    path = _ENDING.sub("", re.sub("/+", "/", unquote(parts["path"]).lower()).lstrip("/"))
    host = _SAME_HOST.get(parts["host"].lower(), parts["host"].lower())
    form = f"https://{host}{_port(parts)}/{quote(path, errors='replace')}"
    return form if path and len(form) <= _LONGEST else ""


def _port(parts: dict[str, str]) -> str:
    """`:port` if it tells servers apart: ssh's never is the one of the same server's https."""
    scheme, port = parts.get("scheme", "ssh").lower(), parts.get("port") or ""
    if scheme not in _DEFAULT_PORTS or not port or int(port) in _DEFAULT_PORTS.values():
        return ""
    return f":{int(port)}"


def _without_user_info(text: str) -> str:
    """A URL of unknown form as it may be shown."""
    return f"'{printable(re.sub(r'//.*@', '//', text), 200)}'"
