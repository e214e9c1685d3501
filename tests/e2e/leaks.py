"""Looks everywhere for something that must not be anywhere."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.fleet import Fleet
    from tests.support.kubectl import Kubectl


def leaks(canary: str, fleet: Fleet, kubectl: Kubectl, *answers: object) -> list[str]:
    """Where the canary shows: in answers, logs, files of bucket and queue, objects other than Secrets."""
    forms = _forms(canary)
    return [
        where
        for where, text in (*_told(fleet, answers), *_files(fleet), *_objects(fleet, kubectl))
        if any(form in text for form in forms)
    ]


def _forms(canary: str) -> set[str]:
    """The canary and how it may be spelled: for URLs, and in base64 at any offset."""
    shifted = (b64encode(b"x" * offset + canary.encode()).decode() for offset in range(3))
    return {canary, quote(canary, safe=""), *(text[4:-4] for text in shifted)}


def _told(fleet: Fleet, answers: tuple[object, ...]) -> Iterator[tuple[str, str]]:
    yield "log", fleet.functions.running.output
    for answer in answers:
        yield "answer", str(answer)


def _files(fleet: Fleet) -> Iterator[tuple[str, str]]:
    for folder in (fleet.functions.bucket, fleet.functions.queue):
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes().decode("latin-1")


def _objects(fleet: Fleet, kubectl: Kubectl) -> Iterator[tuple[str, str]]:
    """Every object of the namespace, whole, that can be listed; Secrets are where secrets belong."""
    known = kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name").split()
    kinds = ",".join(name for name in known if name != "secrets")
    yield "objects", kubectl("get", kinds, "-n", fleet.namespace, "-o", "yaml", "--show-managed-fields")
