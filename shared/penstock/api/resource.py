"""The frame of a Flux object as a model, and how JSON from the cluster becomes one.

Models only read. Fields they do not know are ignored when decoding and still survive in the cluster,
because penstock never writes a spec and writes a status as a patch of what it changed (patch.py).
"""

import re
from typing import Any, TypeVar

import msgspec

from penstock.api.fields import Model
from penstock.api.meta import ObjectMeta, Status
from penstock.api.objects import Json
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.base.text import printable

_LONGEST_PROBLEM = 512
"""Ours: what a status tells of a field that cannot be read."""
_PLACE = re.compile(r"(?P<problem>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>.*)`")
_CHECKED = re.compile(r"`(?P<field>\w+)`: (?P<problem>.*)", re.DOTALL)


class InvalidObject(Terminal):
    """An object of the cluster is not what its kind asks for."""

    reason = "InvalidObject"


class Resource(Model, frozen=True, kw_only=True):
    """A namespaced Flux object; kinds add `spec` and `status`."""

    api_version: str
    kind: str
    metadata: ObjectMeta

    @property
    def ref(self) -> ObjectRef:
        """The object's name in the cluster."""
        group, _, version = self.api_version.rpartition("/")
        return ObjectRef(group, version, self.kind, self.metadata.namespace, self.metadata.name)


R = TypeVar("R", bound=Resource)


def decode_as(model: type[R], obj: Json, *, api_version: str, kind: str) -> R:
    """The object as `model`; InvalidObject naming the object and the field if it is none."""
    found = (obj.get("apiVersion"), obj.get("kind"))
    if found != (api_version, kind):
        raise InvalidObject(f"{_name(obj)} is no {kind} of {api_version}")
    try:
        return msgspec.convert(obj, model)
    except msgspec.ValidationError as error:
        raise InvalidObject(f"{_name(obj)}: {_explain(str(error))}") from None


def common_status(obj: Json) -> Status:
    """What every status has, of an object whose own model refuses it: enough to write Stalled on it.

    A status that is not even that reads as none.
    """
    try:
        return msgspec.convert(obj.get("status", {}), Status)
    except msgspec.ValidationError:
        return Status()


def _explain(text: str) -> str:
    """msgspec's `problem - at `$.path`` as `path: problem`."""
    place = _PLACE.fullmatch(text)
    path, problem = (place["path"], place["problem"]) if place else ("", text)
    field = ""
    if missing := _MISSING.fullmatch(problem):
        field, problem = missing["field"], "is required"
    elif checked := _CHECKED.fullmatch(problem):
        field, problem = checked["field"], checked["problem"]
    where = ".".join(part for part in (path, field) if part) or "object"
    return printable(f"{where}: {problem[:1].lower()}{problem[1:]}", _LONGEST_PROBLEM)


def _name(obj: Json) -> str:
    meta: Any = obj.get("metadata")
    named: Json = meta if isinstance(meta, dict) else {}
    parts = (obj.get("kind"), named.get("namespace"), named.get("name"))
    return printable("/".join(part for part in parts if isinstance(part, str) and part)) or "the object"
