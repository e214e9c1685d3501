"""Cloud Storage's notice that an object was written, as Eventarc delivers it: a CloudEvent over HTTP.

Source: CloudEvents 1.0, HTTP binding (binary and structured mode); Eventarc's
google.cloud.storage.object.v1.finalized. It chooses nothing: all that is taken from it is where to look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from penstock.base.text import printable
from penstock.notify.receivers.delivery import Ignored, Refused, json_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.notify.receivers.delivery import Headers

FINALIZED = "google.cloud.storage.object.v1.finalized"
_STRUCTURED = "application/cloudevents+json"
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject")
_PREFIX = "ce-"
_LONGEST = 2048
"""Ours, of an attribute: a name in Cloud Storage has at most 1024 bytes, and the rest is short."""
_SOURCE = re.compile(r"//storage\.googleapis\.com/projects/_/buckets/([a-z0-9._-]{3,222})")
_SUBJECT = re.compile(r"objects/(.{1,1024})", re.DOTALL)


@dataclass(frozen=True)
class Written:
    """An object of a bucket was written; `id` is the event's."""

    bucket: str
    name: str
    id: str


def receive(headers: Headers, body: bytes, *, depth: int) -> Written | Ignored:
    """What an event means; Refused if it is no CloudEvent, or contradicts itself.

    `body` is the raw body, `depth` the deepest nesting of JSON that is read.
    """
    given = [(name.lower(), value.strip()) for name, value in headers]
    kind = _only(given, "content-type").partition(";")[0].strip().lower()
    event = json_object(body, depth, "body") if kind == _STRUCTURED else _from_headers(given)
    told = {name: _text(event, name) for name in _ATTRIBUTES}
    if told["specversion"] != "1.0" or not (told["id"] and told["source"] and told["type"]):
        raise Refused(400, "this is no CloudEvent 1.0: specversion, id, source and type are needed")
    if told["type"] != FINALIZED:
        return Ignored(f"type {printable(told['type'], 64)} is not used; {FINALIZED} is")
    source, subject = _SOURCE.fullmatch(told["source"]), _SUBJECT.fullmatch(told["subject"])
    if source is None or subject is None:
        return Ignored("the event is not about an object of a bucket")
    data = event.get("data") if kind == _STRUCTURED else _data(kind, body, depth)
    if not isinstance(data, dict) or (data.get("bucket"), data.get("name")) != (source[1], subject[1]):
        raise Refused(400, "the event's data is not about the object that its source and subject name")
    return Written(source[1], subject[1], printable(told["id"], 64))


def _only(headers: list[tuple[str, str]], name: str) -> str:
    """A header's only value; empty if it is not there. Refused if it is there twice."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise Refused(400, f"{name} is there {len(values)} times")
    return values[0] if values else ""


def _from_headers(headers: list[tuple[str, str]]) -> dict[str, Any]:
    """The attributes of an event in binary mode, whose values are percent-encoded."""
    try:
        return {name: unquote(_only(headers, _PREFIX + name), errors="strict") for name in _ATTRIBUTES}
    except UnicodeDecodeError:
        raise Refused(400, "an attribute of the event is not UTF-8") from None


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise Refused(400, f"the event's {name} is no text of up to {_LONGEST} characters")
    return value


def _data(kind: str, body: bytes, depth: int) -> Any:
    if kind != "application/json":
        raise Refused(415, "the event's data must be application/json")
    return json_object(body, depth, "body")
