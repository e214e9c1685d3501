"""Addresses of the repository as the sync has them. Pure.

Source: flux2's cmd/flux/bootstrap_git.go, and penstock.forge.site for those of forges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from penstock.source.url import InvalidURL, canonical, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

_SSH_PORT = 22
_SSH_USER = "git"


def ssh_host(url: str) -> tuple[str, int]:
    """Host and port of an address for ssh."""
    found = parse_url(url)
    return found.host, found.port or _SSH_PORT


def sync_url(url: str, *, ssh: bool, username: str = "", ssh_hostname: str = "") -> str:
    """The address that the cluster follows, from the one that a person gave to push to.

    Over ssh: with the user of the address, or `username` where it is not flux's default, at `ssh_hostname` if
    it is given; over https without a user. A port is kept only for the scheme that it was given for.
    """
    found = parse_url(url)
    port = f":{found.port}" if found.port and ssh == (found.scheme == "ssh") else ""
    if not ssh:
        scheme = "https" if found.scheme == "ssh" else found.scheme
        return f"{scheme}://{found.host}{port}{found.path}"
    user = username if username and username != _SSH_USER else found.user or _SSH_USER
    return f"ssh://{user}@{ssh_hostname or f'{found.host}{port}'}{found.path}"


def shown(url: str) -> str:
    """The address as a person may see it: without a user or a password."""
    try:
        return parse_url(url).address
    except InvalidURL:
        return "another repository"


def kept_url(wanted: str, manifest: str) -> str:
    """The address for a new gotk-sync.yaml: as the present one spells it, if both mean the same."""
    for url in _urls(manifest):
        if _same(url, wanted):
            return url
    return wanted


def is_another(one: str, other: str) -> bool:
    """Whether these lead to different repositories. Of ssh and https only the paths are compared: hosts and
    ports of the same server often differ there.
    """
    try:
        first, second = parse_url(one), parse_url(other)
    except InvalidURL:
        return True
    if first.scheme == second.scheme:
        return canonical(one) != canonical(other)
    return canonical(f"https://host{first.path}") != canonical(f"https://host{second.path}")


def _same(one: str, other: str) -> bool:
    try:
        first, second = parse_url(one), parse_url(other)
    except InvalidURL:
        return False
    if (first.scheme, first.origin, first.user) != (second.scheme, second.origin, second.user):
        return False
    return canonical(one) == canonical(other) != ""


def _urls(manifest: str) -> Iterator[str]:
    """spec.url of the GitRepositories in a manifest; nothing if it cannot be read."""
    try:
        documents = list(yaml.safe_load_all(manifest))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for one in documents:
        if isinstance(one, dict) and one.get("kind") == "GitRepository" and isinstance(one.get("spec"), dict):
            url = one["spec"].get("url")
            if isinstance(url, str):
                yield url
