"""Fields of Flux's kinds that penstock does not act on yet: who sets one is refused, not half obeyed.

A field at the value that Flux acts on when it is absent counts as absent.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from penstock.api.fields import Model
from penstock.api.gitrepository import GitRepository
from penstock.api.kustomization import Kustomization, KustomizationSpec, SourceKind
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_VALUE = msgspec.NODEFAULT

GIT_REPOSITORY_FIELDS = frozenset(
    {
        "spec.url",
        "spec.interval",
        "spec.timeout",
        "spec.ref.branch",
        "spec.ref.tag",
        "spec.ref.commit",
        "spec.ref.semver",
        "spec.ref.name",
        "spec.ignore",
        "spec.suspend",
        "spec.secretRef",
        "spec.include",
        "spec.recurseSubmodules",
        "spec.sparseCheckout",
    }
)
KUSTOMIZATION_FIELDS = frozenset(
    {
        "spec.interval",
        "spec.retryInterval",
        "spec.timeout",
        "spec.path",
        "spec.prune",
        "spec.dependsOn",
        "spec.sourceRef",
        "spec.suspend",
        "spec.targetNamespace",
        "spec.namePrefix",
        "spec.nameSuffix",
        "spec.commonMetadata",
        "spec.images",
        "spec.patches",
        "spec.components",
        "spec.ignoreMissingComponents",
        "spec.buildMetadata",
        "spec.postBuild",
        "spec.deletionPolicy",
        "spec.force",
        "spec.ignore",
        "spec.wait",
        "spec.healthChecks",
        "spec.healthCheckExprs",
    }
)


class NotSupported(Terminal):
    """The object asks for something that penstock does not do yet."""

    reason = "NotSupported"


def check_supported(resource: GitRepository | Kustomization) -> None:
    """Raise NotSupported naming every field that is set and not supported."""
    if found := unsupported(resource):
        raise NotSupported(f"not yet supported: {', '.join(found)}")


def unsupported(resource: GitRepository | Kustomization) -> tuple[str, ...]:
    """The fields that are set and not supported, then such values: `spec.sourceRef.kind Bucket`."""
    if isinstance(resource, GitRepository):
        return tuple(unsupported_fields(resource.spec, GIT_REPOSITORY_FIELDS))
    spec = resource.spec
    return (*unsupported_fields(spec, KUSTOMIZATION_FIELDS), *_kustomization_values(spec))


def unsupported_fields(model: Model, supported: frozenset[str], path: str = "spec") -> Iterator[str]:
    """The paths of the set fields that are not supported; a supported path covers all below it."""
    for field in _fields(type(model)):
        value = getattr(model, field.name)
        here = f"{path}.{field.encode_name}"
        if here in supported or _counts_as_absent(value, field):
            continue
        if isinstance(value, Model) and any(name.startswith(f"{here}.") for name in supported):
            yield from unsupported_fields(value, supported, here)
        else:
            yield here


@cache
def _fields(kind: type[Model]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Its fields, whose types are worked out once."""
    return msgspec.structs.fields(kind)


def _counts_as_absent(value: object, field: msgspec.structs.FieldInfo) -> bool:
    if field.default is not _NO_VALUE:
        return bool(value == field.default) or _is_empty(value)
    return field.default_factory is not _NO_VALUE and value == field.default_factory()


def _is_empty(value: object) -> bool:
    """Whether it is an object with nothing set in it, where Flux allows that and does nothing then."""
    if not isinstance(value, Model) or value.RULES:
        return False
    return all(
        not field.required and _counts_as_absent(getattr(value, field.name), field)
        for field in _fields(type(value))
    )


def _kustomization_values(spec: KustomizationSpec) -> Iterator[str]:
    if spec.source_ref.kind is not SourceKind.GIT_REPOSITORY:
        yield f"spec.sourceRef.kind {spec.source_ref.kind}"
