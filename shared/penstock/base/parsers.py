"""Parsers of settings: each takes the text of one and gives its value, or a ValueError with the remedy."""

from __future__ import annotations

import ipaddress
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from penstock.base.location import CloudBucket
from penstock.base.options import Secret
from penstock.base.selector import Selector, parse_selector
from penstock.base.topics import Topics, parse_topics

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._+-]*@[a-z0-9-]+(\.[a-z0-9-]+)+")
_LONGEST_EMAIL = 254
"""SMTP's (RFC 5321)."""
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}(\.[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_PREFIX = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_INSIDE = (".svc", ".svc.cluster.local", ".localhost")


def text(given: str) -> str:
    """Any text that is not blank."""
    if not given.strip():
        raise ValueError("is blank; give it a value or leave it out")
    return given.strip()


def secret(given: str) -> Secret:
    """A secret: anything but blanks. Line ends around it are dropped, files have them."""
    stripped = given.strip("\r\n")
    if not stripped.strip():
        raise ValueError("is blank; a blank secret would let everybody in")
    if not stripped.isprintable():
        raise ValueError("holds characters that cannot be printed; use letters, digits and marks")
    return Secret(stripped)


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from `least` to `most`."""

    def parse(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", given.strip()) or not least <= int(given) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(given)

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """A parser of decimal numbers from `least` to `most`."""

    def parse(given: str) -> float:
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"must be a number from {least:g} to {most:g}")
        return value

    return parse


def one_of(choices: type[StrEnum]) -> Callable[[str], StrEnum]:
    """A parser of the values of an enumeration."""

    def parse(given: str) -> StrEnum:
        try:
            return choices(given.strip())
        except ValueError:
            raise ValueError(f"must be one of {', '.join(choices)}") from None

    return parse


def bucket(given: str) -> Path | CloudBucket:
    """A folder, or gs://bucket/prefix."""
    if not given.strip().startswith("gs://"):
        return folder(given)
    name, _, prefix = given.strip().removeprefix("gs://").partition("/")
    prefix = prefix.rstrip("/")
    if not _BUCKET.fullmatch(name) or not (prefix == "" or _PREFIX.fullmatch(prefix)):
        raise ValueError("must be gs://bucket or gs://bucket/prefix, of letters, digits, '.', '_' and '-'")
    return CloudBucket(name, prefix + "/" if prefix else "")


def folder(given: str) -> Path:
    """A folder as an absolute path, given as a path or as file:// URL."""
    if given.startswith("gs://"):
        raise ValueError("cannot be on Cloud Storage; give a folder, or file:///path")
    if "://" in given and not given.startswith("file:///"):
        raise ValueError("must be a folder, or file:///path")
    return path(given.removeprefix("file://"))


def queue(given: str) -> Path | Topics:
    """A folder, or pubsub://PROJECT/PREFIX."""
    return parse_topics(given.strip()) if given.strip().startswith("pubsub:") else folder(given)


def path(given: str) -> Path:
    """A path, made absolute."""
    if "\0" in given:
        raise ValueError("is no path: it holds a NUL")
    return Path(text(given)).absolute()


def labels(given: str) -> tuple[str, ...]:
    """Kubernetes namespaces, separated by commas (threats A-84)."""
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"holds {name[:63]!r}, which is no namespace; give names separated by commas")
    return names


def selector(given: str) -> Selector:
    """A label selector as in Kubernetes; blank selects everything."""
    return parse_selector(given)


def audiences(given: str) -> tuple[str, ...]:
    """Audiences of identity tokens, separated by commas: any texts of printable characters, mostly URLs."""
    names = tuple(name.strip() for name in text(given).split(",") if name.strip())
    if not names or not all(re.fullmatch(r"[!-~]{1,2000}", name) for name in names):
        raise ValueError("must be audiences separated by commas, such as https://host")
    return names


def accounts(given: str) -> tuple[str, ...]:
    """E-mail addresses of service accounts, separated by commas."""
    names = tuple(name.strip() for name in text(given).split(",") if name.strip())
    for name in names:
        if len(name) > _LONGEST_EMAIL or not _EMAIL.fullmatch(name):
            raise ValueError(f"holds {name[:63]!r}, which is no service account; give e-mails in lower case")
    if not names:
        raise ValueError("names no service account")
    return names


def kinds(given: str) -> tuple[str, ...]:
    """Kubernetes kinds, each as `Kind` or `Kind.group`, separated by commas."""
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        if not _KIND.fullmatch(name):
            raise ValueError(
                f"holds {name[:63]!r}, which is no kind; give Kind or Kind.group, as in Namespace"
            )
    return names


def url(given: str) -> str:
    """An address that a bearer token may be sent to: https, or http within the machine or the cluster."""
    parts = _address(given)
    if parts.scheme == "http" and not _near(parts.hostname or ""):
        raise ValueError("must be https: the bearer token would be readable on the way")
    return parts.geturl()


def keys_url(given: str) -> str:
    """An address that keys may be read from: https, or http within the machine."""
    parts = _address(given)
    if parts.scheme == "http" and not _loopback(parts.hostname or ""):
        raise ValueError("must be https: anybody on the way could put in keys of their own")
    return parts.geturl()


def _address(given: str) -> SplitResult:
    try:
        parts = urlsplit(text(given))
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("must be a URL such as https://host/path") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment:
        raise ValueError("must be a URL such as https://host/path, without user and fragment")
    return parts


def _near(host: str) -> bool:
    return _loopback(host) or host.endswith(_INSIDE)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def everywhere(host: str) -> bool:
    """Whether listening there is listening on all addresses of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
