"""Public fleets, where their files are: a folder beside the checkout that is no part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.differential.story import Act, Fleet, Step, ends

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Path(__file__).resolve().parents[4] / "shared" / "fleets"
ABSENT = "../shared is absent: its fleets are left out"

_EXAMPLE = "flux2-kustomize-helm-example"


def public(place: Path = PLACE) -> tuple[Fleet, ...]:
    """The fleets of that folder; none if it is not there."""
    if not place.is_dir():
        return ()
    return (
        _fleet(place / "podinfo", "podinfo", "./kustomize", _with_other_image),
        _as_it_is(place / _EXAMPLE, "example-apps", "./apps/staging", ("podinfo",)),
        _as_it_is(place / _EXAMPLE, "example-configs", "./infrastructure/configs", ()),
    )


def _fleet(folder: Path, name: str, path: str, change: Callable[[bytes], bytes]) -> Fleet:
    """All of a folder applied into the fleet's namespace, and then changed."""
    files = _files(folder)
    changed = {file: change(content) for file, content in files.items() if change(content) != content}
    steps = (Step("install", Act.PUSH, files), Step("change", Act.PUSH, changed), Step("ask", Act.ASK))
    return Fleet(name, _about(folder, path), ends(*steps), apps={"path": path})


def _as_it_is(folder: Path, name: str, path: str, namespaces: tuple[str, ...]) -> Fleet:
    """The same without a change, into the namespaces that it names itself."""
    steps = ends(Step("install", Act.PUSH, _files(folder)), Step("ask", Act.ASK))
    apps = {"path": path, "targetNamespace": None}
    return Fleet(name, _about(folder, path), steps, apps=apps, namespaces=namespaces)


def _about(folder: Path, path: str) -> str:
    return f"{path} of the public repository {folder.name}"


def _files(folder: Path) -> dict[str, bytes]:
    found = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def _with_other_image(content: bytes) -> bytes:
    return content.replace(b"podinfo:6.", b"podinfo:7.").replace(b"minReplicas: 2", b"minReplicas: 3")
