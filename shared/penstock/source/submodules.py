"""What .gitmodules says: which submodules there are, and which addresses they are fetched from. Pure.

Source: gitmodules(5) and go-git, as Flux uses it. Addresses come from the repository, so they get the same
strict parse as spec.url, and credentials go to no other server than that of spec.url (threats A-72, A-76).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal, Transient
from penstock.source.credentials import Credentials
from penstock.source.paths import shown
from penstock.source.url import InvalidURL, parse_url

if TYPE_CHECKING:
    from penstock.source.url import RepositoryURL

GITMODULES = ".gitmodules"
_PREFIX = "submodule."
_SCP = re.compile(
    r"(?:(?P<user>[^/@:\s]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*):(?P<path>(?!//|:).+)"
)
_DOTS = re.compile(r"(^|[/\\])\.\.([/\\]|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SubmoduleRefused(Terminal):
    """.gitmodules asks for something that is not done."""

    reason = "GitOperationFailed"


class TooManySubmodules(SubmoduleRefused, LimitExceeded):
    """Submodules are above a limit; the message names the setting."""


class SubmoduleFailed(Transient):
    """A submodule could not be fetched now."""

    reason = "GitOperationFailed"


@dataclass(frozen=True)
class Submodule:
    """A section of .gitmodules: where the submodule lies in the tree, and its address as it is written."""

    name: str
    path: str
    url: str


def parse_modules(listed: bytes) -> tuple[Submodule, ...]:
    """The submodules in what `git config --list -z` prints of .gitmodules.

    SubmoduleRefused for names that git refuses as well; of a key that stands twice the last one counts.
    """
    found: dict[str, dict[str, str]] = {}
    for item in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = item.partition("\n")
        name, _, field = key.removeprefix(_PREFIX).rpartition(".")
        if key.startswith(_PREFIX) and name:
            found.setdefault(name, {})[field] = value
    return tuple(_submodule(name, fields) for name, fields in found.items())


def _submodule(name: str, fields: dict[str, str]) -> Submodule:
    path, url = fields.get("path", ""), fields.get("url", "")
    if _DOTS.search(name) or _CONTROL.search(name):
        raise SubmoduleRefused(f"{GITMODULES} has the submodule {shown(name)}, whose name leads elsewhere")
    if not path or not url or _DOTS.search(path) or _CONTROL.search(path):
        raise SubmoduleRefused(f"the submodule {shown(name)} in {GITMODULES} has no usable path or no url")
    return Submodule(name, path.strip("/"), url)


def submodule_url(parent: RepositoryURL, module: Submodule) -> RepositoryURL:
    """Where to fetch a submodule of what was fetched from `parent`; SubmoduleRefused if that is nowhere."""
    try:
        if "://" in module.url:
            return parse_url(module.url)
        if found := _SCP.fullmatch(module.url):
            user = f"{found['user']}@" if found["user"] else ""
            return parse_url(f"ssh://{user}{found['host']}/{found['path'].lstrip('/')}")
        return _relative(parent, module)
    except InvalidURL as error:
        raise _refused(module, error.message.replace("spec.url", "url")) from None


def _relative(parent: RepositoryURL, module: Submodule) -> RepositoryURL:
    """As go-git joins them: `../other.git` lies beside the parent."""
    if module.url.startswith(("/", "\\")):
        raise _refused(module, "a path on a machine is no address: use https, ssh or a relative one")
    if ":" in module.url.partition("/")[0] or module.url.startswith("-"):
        raise _refused(module, "it is no address: use https, ssh or a relative one")
    path, left = parent.path.strip("/").split("/"), module.url.split("/")
    ups = sum(part == ".." for part in left)
    if ups > len(path):
        raise _refused(module, "it leads above the server's root")
    joined = posixpath.normpath(posixpath.join(parent.path, module.url))
    checked = parse_url(replace(parent, path=joined).address)
    return replace(checked, user=parent.user, password=parent.password)


def submodule_credentials(
    parent: RepositoryURL, login: Credentials, url: RepositoryURL, module: Submodule
) -> Credentials:
    """What a submodule's server is told: over http(s) the same as the parent's, if it is the same server.

    Over ssh every server whose key is expected gets the same login: a key is never sent.
    """
    if url.scheme == "ssh":
        if login.ssh is None:
            raise _refused(module, "it is fetched over ssh, for which spec.url's Secret has no identity")
        return replace(login, ssh=replace(login.ssh, user=url.user or login.ssh.user))
    if (url.scheme, url.origin) == (parent.scheme, parent.origin):
        return login
    return Credentials(authorities=login.authorities)


def _refused(module: Submodule, why: str) -> SubmoduleRefused:
    return SubmoduleRefused(f"the submodule {shown(module.path)} is refused: {why}")
