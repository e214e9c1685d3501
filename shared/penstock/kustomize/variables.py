"""The variables of spec.postBuild: what each stands for, and what the values are told apart by. Pure.

How they are put into a build is not decided here: the upstream helper does it with Flux's own envsubst,
object by object. Source: fluxcd/pkg kustomize LoadVariables and SubstituteVariables; threats A-60, A-61.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from penstock.api.kustomization import SubstituteKind, SubstituteStrategy
from penstock.api.objects import resource_version, uid
from penstock.base.errors import LimitExceeded, Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.kustomization import PostBuild, SubstituteReference
    from penstock.api.objects import Json

_PLURALS = {SubstituteKind.CONFIG_MAP: "configmaps", SubstituteKind.SECRET: "secrets"}


@dataclass(frozen=True, kw_only=True)
class Variables:
    """What `${name}` in a build stands for; the values do not show in its repr.

    `strict` refuses a variable that has neither a value nor a default, `always` puts in defaults where there
    is no variable at all. `problem` says why the values cannot be had: the first object that needs them fails
    by it. `mark` changes with what the values come from; it does not help to guess what is in a Secret.
    """

    values: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    strict: bool = True
    always: bool = False
    problem: str = ""
    mark: tuple[str, ...] = ()


def variables(
    spec: PostBuild, found: Sequence[Json | Terminal | None], *, strict: bool, most_bytes: int
) -> Variables:
    """The variables of a spec, whose references were `found` in their order (None: there is no such object).

    A later one wins, and what stands in the spec itself wins over all. LimitExceeded above `most_bytes`.
    """
    values: dict[str, bytes] = {}
    marks: list[str] = []
    for reference, obj in zip(spec.substitute_from, found, strict=True):
        if problem := _problem(reference, obj):
            return Variables(problem=problem, mark=(*marks, problem))
        if isinstance(obj, dict):
            values |= values_of(reference.kind, obj)
        marks.append(_mark(reference.kind, obj))
    values |= {name: value.encode() for name, value in spec.substitute.items()}
    _refuse_large(values, most_bytes)
    return Variables(
        values={name: value.replace(b"\n", b"") for name, value in values.items()},
        strict=strict,
        always=spec.substitute_strategy is SubstituteStrategy.ALWAYS,
        mark=tuple(marks),
    )


def values_of(kind: SubstituteKind, obj: Json) -> dict[str, bytes]:
    """The values in a ConfigMap or Secret, by key."""
    data: Mapping[str, str] = obj.get("data") or {}
    if kind is SubstituteKind.SECRET:
        return {name: b64decode(value) for name, value in data.items()}
    return {name: value.encode() for name, value in data.items()}


def _problem(reference: SubstituteReference, obj: Json | Terminal | None) -> str:
    """Flux's words for a reference that cannot be followed."""
    failed = f"substitute from '{reference.kind}/{reference.name}' error: "
    if isinstance(obj, Terminal):
        return failed + obj.message
    if obj is None and not reference.optional:
        return f'{failed}{_PLURALS[reference.kind]} "{reference.name}" not found'
    return ""


def _mark(kind: SubstituteKind, obj: Json | Terminal | None) -> str:
    """What changes with the values: of a Secret its version, as a digest would help to guess it."""
    if not isinstance(obj, dict):
        return "absent"
    if kind is SubstituteKind.SECRET:
        return f"{uid(obj)} {resource_version(obj)}"
    return sha256(repr(sorted((obj.get("data") or {}).items())).encode()).hexdigest()


def _refuse_large(values: Mapping[str, bytes], most_bytes: int) -> None:
    size = sum(len(name) + len(value) for name, value in values.items())
    if size > most_bytes:
        raise LimitExceeded(
            f"the variables of spec.postBuild are larger than {most_bytes} bytes",
            reason="BuildFailed",
            limit="variable_bytes",
        )
