"""What a fleet is and what happens to it: a repository, two Flux objects, and steps. Pure.

Everything is data, so that both peers are told exactly the same. `@NS@` in files, specs and edits stands for
the fleet's own namespace, `@URL@` for its repository without `.git`, `@HEAD@` and `@HEAD~1@` for the last
commits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, Any]
Files: TypeAlias = "Mapping[str, bytes | None]"
"""What a commit changes: path -> content, None for a file that goes."""

SOURCE, APPS = "fleet", "apps"
"""The names of the GitRepository and the Kustomization of every fleet."""


class Act(StrEnum):
    """How a step begins."""

    PUSH = "push"
    """A commit is pushed, and both are told of it: the Kustomization follows by itself."""
    ASK = "ask"
    """Specs are patched and live objects edited if there are any, and the Kustomization is asked to look."""
    LEAVE = "leave"
    """The same, and a push where the step has files, but nobody expects the Kustomization to act."""
    DELETE = "delete"
    """The Kustomization is deleted."""
    DELETE_SOURCE = "delete source"
    """The GitRepository is deleted."""


@dataclass(frozen=True)
class Edit:
    """What somebody does to a live object by hand: a merge patch, or a deletion if it is None.

    `path` is the object's in the API, such as `/api/v1/namespaces/x/configmaps/y`.
    """

    path: str
    patch: Json | None = None
    by: str = "by-hand"
    """The field manager."""


@dataclass(frozen=True)
class Step:
    """One thing that happens, after which both peers are compared.

    `source` and `apps` are merge patches of the specs of GitRepository and Kustomization, `refs` what is
    pushed beside the branch (`refs/tags/v1`, at this commit).
    """

    name: str
    act: Act = Act.PUSH
    files: Files = field(default_factory=dict)
    refs: tuple[str, ...] = ()
    source: Json = field(default_factory=dict)
    apps: Json = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    """Submodules of the commit: path and commit."""
    quiet: bool = False
    """Whether the source is not expected to act either, as one that is suspended."""


@dataclass(frozen=True)
class Kind:
    """A kind that is looked at: its API prefix (`apis/apps/v1`), plural and name."""

    prefix: str
    plural: str
    name: str
    namespaced: bool = True


@dataclass(frozen=True)
class Fleet:
    """A story: the first step's files are there when both Flux objects are made.

    `source` and `apps` are merged into their specs, `kinds` and `namespaces` are looked at besides the usual
    ones, `before` is made by hand before anything else. `about` says what it is there for.
    """

    name: str
    about: str
    steps: tuple[Step, ...]
    source: Json = field(default_factory=dict)
    apps: Json = field(default_factory=dict)
    kinds: tuple[Kind, ...] = ()
    namespaces: tuple[str, ...] = ()
    before: tuple[tuple[str, Json], ...] = ()
    """Collection paths and objects."""
    others: tuple[tuple[str, Json], ...] = ()
    """Further GitRepositories of the same repository: name and spec. Each push reaches them first."""
    late_source: bool = False
    """Whether the Kustomization is made before its GitRepository."""

    @property
    def namespace(self) -> str:
        """Its own, of the same name on both sides."""
        return f"f-{self.name}"


def placed(text: str, places: Mapping[str, str]) -> str:
    """The text with what its placeholders stand for."""
    for place, value in places.items():
        text = text.replace(place, value)
    return text


def placed_json(value: Json, places: Mapping[str, str]) -> Json:
    """The same for all texts of a value; the values have nothing that JSON would quote."""
    found: Json = json.loads(placed(json.dumps(value), places))
    return found


def placed_files(changes: Files, places: Mapping[str, str]) -> dict[str, bytes | None]:
    """The same for the contents of files."""
    return {
        path: content if content is None else placed(content.decode("latin-1"), places).encode("latin-1")
        for path, content in changes.items()
    }


def merged(value: Json, patch: Json) -> Json:
    """The value after a merge patch (RFC 7386): null removes, mappings go deep."""
    result = dict(value)
    for key, new in patch.items():
        if new is None:
            result.pop(key, None)
        elif isinstance(new, dict):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, dict) else {}, new)
        else:
            result[key] = new
    return result


def files(texts: Mapping[str, str | None]) -> dict[str, bytes | None]:
    """A tree from indented texts."""
    return {
        path: None if text is None else dedent(text).lstrip("\n").encode() for path, text in texts.items()
    }


def kustomization(body: str) -> str:
    """A kustomization.yaml of these fields."""
    return "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + dedent(body).lstrip("\n")


def config_map(name: str, **data: str) -> str:
    """A manifest."""
    return (
        json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}) + "\n"
    )


def docs(*texts: str) -> str:
    """One file of several documents, each indented as it likes."""
    return "---\n".join(dedent(text).lstrip("\n") for text in texts)


def ends(*steps: Step) -> tuple[Step, ...]:
    """The steps, and then the end of everything."""
    return (*steps, Step("delete", Act.DELETE), Step("delete source", Act.DELETE_SOURCE))


def install(texts: Mapping[str, str | None], **more: Any) -> Step:
    """The first step."""
    return Step("install", Act.PUSH, files(texts), **more)


def push(name: str, texts: Mapping[str, str | None], **more: Any) -> Step:
    """A commit."""
    return Step(name, Act.PUSH, files(texts), **more)
