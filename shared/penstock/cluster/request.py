"""One request to the API server and its answer, as values; and the paths under which objects live. Pure.

Source: Kubernetes API conventions; path segments as k8s.io/apimachinery/pkg/api/validation/path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from penstock.cluster.errors import Invalid, NamespaceMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.cluster.catalog import Resource

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_METADATA = "application/json;as={};g=meta.k8s.io;v=v1,application/json"
METADATA_LIST = _METADATA.format("PartialObjectMetadataList")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
"""What needs no quoting, as the names of nearly all objects."""
_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*+)"')


@dataclass(frozen=True)
class Request:
    """What is asked. `subject` names it in errors; `secret` keeps the server's words out of them.

    `repeatable` says that doing it twice is as good as once, so that a broken connection may be tried again.
    """

    method: str
    path: str
    subject: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    accept: str = JSON
    secret: bool = False
    repeatable: bool = True


@dataclass(frozen=True)
class Answer:
    """What came back; headers are looked up by names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def collection_path(resource: Resource, namespace: str) -> str:
    """Where the objects of a kind are: of one namespace, or (empty) of all."""
    if namespace and resource.namespaced:
        return f"{resource.base}/namespaces/{_segment(namespace)}/{resource.plural}"
    return f"{resource.base}/{resource.plural}"


def object_path(resource: Resource, namespace: str, name: str, subresource: str = "") -> str:
    """Where one object is; the namespace of a cluster-scoped kind is ignored, as kubectl ignores it."""
    if resource.namespaced and not namespace:
        # What the server would say, and Flux shows after the object's name.
        raise NamespaceMissing("the server could not find the requested resource")
    path = f"{collection_path(resource, namespace)}/{_segment(name)}"
    return f"{path}/{subresource}" if subresource else path


def with_query(path: str, **parameters: str) -> str:
    """The path with those parameters that are not empty."""
    given = tuple((key, value) for key, value in parameters.items() if value)
    return f"{path}?{_query(given)}" if given else path


@lru_cache(maxsize=256)
def _query(given: tuple[tuple[str, str], ...]) -> str:
    """The query; most requests have one of a few."""
    return urlencode(given)


def warnings(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The texts of an answer's warnings (RFC 7234, code 299), in their order."""
    found = _WARNING.findall(headers.get("warning", ""))
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in found)


def _segment(name: str) -> str:
    """The name, quoted; Invalid where it would lead to another path."""
    if not name or name in {".", ".."} or "/" in name or "%" in name:
        raise Invalid(f"{name[:80]!r} cannot be the name of an object or namespace")
    return name if _PLAIN.fullmatch(name) else quote(name, safe="")
