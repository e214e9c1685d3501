"""Where a forge is: from what `--hostname` says to the addresses of its API and of its repositories. Pure.

Source: GitHub's, GitLab's and Gitea's documentation of their APIs. Repositories have the addresses that flux
gives them: `https://host/owner/name.git`, `ssh://git@host/owner/name`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from penstock.base.text import printable
from penstock.forge.errors import NotAForge, Refused
from penstock.source.url import InvalidURL, is_loopback, parse_url

_HOST = re.compile(
    r"(?:(?P<scheme>https?)://)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?P<port>:[0-9]{1,5})?"
    r"(?P<path>(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)
_SSH_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:[0-9]{1,5})?")
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}", re.ASCII)
_SCP = re.compile(r"(?P<user>[^@:/]+)@(?P<host>[^@:/]+):/?(?P<path>.+)")
_GITHUB = "github.com"
_DATA_RESIDENCY = ".ghe.com"
"""GitHub Enterprise Cloud with data residency: api.NAME.ghe.com."""


@dataclass(frozen=True)
class Site:
    """One forge. `host` is its name in messages, `web` the beginning of its repositories' addresses over
    https, `api` that of its API; `token` the variable that has the token, `rights` what the token needs, both
    for messages. `ssh_host` (`host[:port]`) is where ssh goes if the forge's own word does not count."""

    forge: str
    host: str
    web: str
    api: str
    token: str
    rights: str
    ssh_host: str = ""

    def https_url(self, full_name: str) -> str:
        """The address of `owner/name` over https; always at this very host, so the token may go there."""
        return f"{self.web}/{quote(full_name)}.git"

    def ssh_url(self, full_name: str, told: str) -> str:
        """The address of `owner/name` over ssh: user, host and port as the API tells them (`told`).

        NotAForge if that is no such address.
        """
        if self.ssh_host:
            return f"ssh://git@{self.ssh_host}/{quote(full_name)}"
        scp = _SCP.fullmatch(told)
        url = f"ssh://{scp['user']}@{scp['host']}/{scp['path']}" if scp and "://" not in told else told
        try:
            parsed = parse_url(url)
        except InvalidURL:
            parsed = None
        if parsed is None or parsed.scheme != "ssh":
            shown = printable(told, 100)
            raise NotAForge(
                f"{self.host}: {shown!r} is no address for ssh: give the host with --ssh-hostname"
            )
        port = "" if parsed.port in (None, 22) else f":{parsed.port}"
        return f"ssh://{parsed.user or 'git'}@{parsed.host}{port}{parsed.path.removesuffix('.git')}"

    def check_personal(self, login: str, owner: str, other: str) -> None:
        """Refused if the owner of a personal repository is not who the token is of; `other` is what else an
        owner may be, such as "a group".
        """
        if login.lower() != owner.lower():
            raise Refused(
                f"{self.host}: the token is {login}'s, so with --personal the owner is {login}, not"
                f" {owner}: use a token of {owner}, or leave out --personal for {other}"
            )


def github(hostname: str = _GITHUB, ssh_hostname: str = "") -> Site:
    """GitHub, or GitHub Enterprise at that host; Refused if it is none."""
    host, web = _parsed(hostname or _GITHUB)
    api = f"{web}/api/v3"
    if host == _GITHUB or host.endswith(_DATA_RESIDENCY):
        api = f"https://api.{host}"
    rights = (
        "a classic token needs the scope repo, a fine-grained one Administration, Contents and Webhooks of"
        " the repository, read and write"
    )
    return Site("GitHub", host, web, api, "GITHUB_TOKEN", rights, _ssh(ssh_hostname))


def gitlab(hostname: str = "gitlab.com", ssh_hostname: str = "") -> Site:
    """GitLab at that host; Refused if it is none."""
    host, web = _parsed(hostname or "gitlab.com")
    rights = "it needs the scope api, and its owner the role Maintainer in the project, or Owner in the group"
    return Site("GitLab", host, web, f"{web}/api/v4", "GITLAB_TOKEN", rights, _ssh(ssh_hostname))


def gitea(hostname: str = "gitea.com", ssh_hostname: str = "") -> Site:
    """Gitea (or Forgejo, whose API is the same here) at that host; Refused if it is none."""
    host, web = _parsed(hostname or "gitea.com")
    rights = (
        "it needs the permissions repository: read and write, user: read (and write for --personal),"
        " organization: read and write, and its owner to be an administrator of the repository"
    )
    return Site("Gitea", host, web, f"{web}/api/v1", "GITEA_TOKEN", rights, _ssh(ssh_hostname))


def checked(name: str, flag: str) -> str:
    """A name that may stand in an address; Refused, naming the flag, if it is none of a forge's."""
    if not _NAME.fullmatch(name):
        raise Refused(
            f"{flag} {printable(name, 100)!r} is no name of a forge: letters, digits, `.`, `-` and `_` are"
        )
    return name


def _parsed(hostname: str) -> tuple[str, str]:
    """Host, port and path for messages; the same as a URL. Tokens travel over TLS, or on this machine."""
    found = _HOST.fullmatch(hostname.strip())
    if found is None:
        shown = printable(hostname, 100)
        raise Refused(f"--hostname {shown!r} is no host name, such as git.example.com or localhost:3000")
    name, port = found["host"].lower(), found["port"] or ""
    if found["scheme"] == "http" and not is_loopback(name):
        raise Refused(f"--hostname: the token is not sent to {name} over plain http: use https")
    host = f"{name}{port}{found['path']}"
    return host, f"{found['scheme'] or 'https'}://{host}"


def _ssh(hostname: str) -> str:
    if hostname and not _SSH_HOST.fullmatch(hostname):
        shown = printable(hostname, 100)
        raise Refused(f"--ssh-hostname {shown!r} is no host name, such as ssh.example.com:2222")
    return hostname.lower()
