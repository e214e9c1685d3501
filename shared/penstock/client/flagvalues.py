"""What flux's flags of `create` take, read as flux reads it. Pure.

Source: flux2 internal/flags and cmd/flux/create*.go. What is wrong is refused with the flag's name.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from penstock.api.kustomization import SourceKind
from penstock.api.objects import Json
from penstock.base.errors import Terminal
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(_LABEL)
_OBJECT = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_LABEL_KEY = re.compile(
    r"(?:(?=[^/]{1,253}/)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_SOURCE_KINDS = (SourceKind.OCI_REPOSITORY, SourceKind.GIT_REPOSITORY, SourceKind.BUCKET)
_CHECKED_KINDS = {
    "Deployment": "",
    "DaemonSet": "",
    "StatefulSet": "",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
}
"""The kinds that flux takes in --health-check, with the apiVersion that it writes."""


class BadFlag(Terminal):
    """A flag has a value that cannot be meant."""

    reason = "BadFlag"


def object_name(name: str) -> str:
    """A name for a new object, as strict as flux's."""
    if not _NAME.fullmatch(name):
        raise BadFlag(
            f"name '{_shown(name)}' is invalid, it should adhere to standard defined in RFC 1123, the name "
            "can only contain alphanumeric characters or '-'"
        )
    return name


def listed(given: Iterable[str]) -> tuple[str, ...]:
    """The values of a flag that is given several times, or once with commas, or both."""
    return tuple(part.strip() for one in given for part in one.split(",") if part.strip())


def labels(given: Iterable[str]) -> dict[str, str]:
    """--label: each `key=value`."""
    found: dict[str, str] = {}
    for one in listed(given):
        key, equals, value = one.partition("=")
        if not equals or "=" in value:
            raise BadFlag(f"--label: invalid label format '{_shown(one)}', must be key=value")
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise BadFlag(f"--label: '{_shown(one)}' is no label of Kubernetes: check key and value")
        found[key] = value
    return found


def source_reference(given: str) -> Json:
    """--source: `[<kind>/]<name>[.<namespace>]`, a GitRepository where no kind is named."""
    kind, slash, rest = given.strip().rpartition("/")
    name, dot, namespace = rest.rpartition(".")
    name, namespace = (name, namespace) if dot else (rest, "")
    known = {one.lower(): one.value for one in _SOURCE_KINDS}
    if not slash and name.lower() in known:
        raise BadFlag(f"--source: no kind specified for source '{_shown(name)}'")
    found = known.get(kind.lower()) if slash else SourceKind.GIT_REPOSITORY.value
    if found is None:
        raise BadFlag(
            f"--source: source kind '{_shown(kind)}' is not supported, must be one of: "
            f"{', '.join(_SOURCE_KINDS)}"
        )
    _check_name("--source", name)
    if namespace:
        _check_name("--source", namespace)
    return {"kind": found, "name": name, **({"namespace": namespace} if namespace else {})}


def safe_path(given: str) -> str:
    """--path: the path below the root of the source, `./` in front, `..` never leading out of it."""
    inside = posixpath.normpath("/" + given.strip()).lstrip("/")
    return f"./{inside}"


def dependencies(given: Iterable[str]) -> list[Json]:
    """--depends-on: each `<name>` or `<namespace>/<name>`."""
    found = list[Json]()
    for one in listed(given):
        namespace, slash, name = one.rpartition("/")
        _check_name("--depends-on", name)
        if slash:
            _check_name("--depends-on", namespace)
        found.append({"name": name, **({"namespace": namespace} if slash else {})})
    return found


def health_checks(given: Iterable[str]) -> list[Json]:
    """--health-check: each `<kind>/<name>.<namespace>`."""
    return list(_health_checks(listed(given)))


def _health_checks(given: Iterable[str]) -> Iterator[Json]:
    for one in given:
        kind, slash, rest = one.partition("/")
        name, dot, namespace = rest.partition(".")
        if not slash or not dot or "/" in rest or "." in namespace:
            raise BadFlag(
                f"--health-check: invalid health check '{_shown(one)}' must be in the format "
                "'kind/name.namespace'"
            )
        if kind not in _CHECKED_KINDS:
            raise BadFlag(
                f"--health-check: invalid health check kind '{_shown(kind)}' can be HelmRelease, Deployment, "
                "DaemonSet or StatefulSet"
            )
        _check_name("--health-check", name)
        _check_name("--health-check", namespace)
        api = _CHECKED_KINDS[kind]
        yield {**({"apiVersion": api} if api else {}), "kind": kind, "name": name, "namespace": namespace}


def _check_name(flag: str, name: str) -> None:
    if not _OBJECT.fullmatch(name):
        raise BadFlag(f"{flag}: '{_shown(name)}' is no Kubernetes name")


def _shown(text: str) -> str:
    return printable(text, 200)
