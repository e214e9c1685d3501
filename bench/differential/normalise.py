"""From what the API server and the bucket hold to facts that can be compared: one text per path. Pure.

Times, UIDs, ports and temporary paths are not facts: they differ between two runs of the same program. What
is only there or not (sizes, digests of archives, durations) is a fact as such.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.differential.story import Json

Facts: TypeAlias = dict[str, str]
"""Path -> value, both as text."""
World: TypeAlias = dict[str, Facts]
"""Object -> what is so about it."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SERVER_KEYS = frozenset({"uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"})
_TIME_KEYS = frozenset(
    {
        "deletionTimestamp",
        "firstReconciled",
        "lastReconciled",
        "lastReconciledDuration",
        "lastTransitionTime",
        "lastUpdateTime",
        "time",
    }
)
_CHOSEN = frozenset({"clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort"})
"""What the API server chooses."""
_COUNTS = frozenset({"totalReconciliations", "size"})
_SPENT = re.compile(r"(?<=finished in )\S+(?=,)|(?<=failed after )\S+(?=:)|(?<=check passed in )\S+")
_TEMPORARY = re.compile(r"/[^\s'\"`:]*?/(?:kustomization-|gitrepository-)[^\s/'\"`:]*/?")
_POINTER = re.compile(r" &\{0x[0-9a-f]+ <nil>\}")
_ARTIFACT_DIGEST = re.compile(r"(artifact|includedArtifacts\[\d+\])\.digest$")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


def text(message: str) -> str:
    """A message without what differs from run to run: durations, temporary folders, ports, pointers."""
    message = _POINTER.sub("", _TEMPORARY.sub("", message))
    message = _PORT.sub("<port>", message)
    return _SPENT.sub("<time>", message)


def flatten(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each leaf with its path; empty lists and mappings are leaves."""
    if isinstance(value, dict) and value:
        for key in value:
            yield from flatten(value[key], _joined(path, str(key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from flatten(item, f"{path}[{index}]")
    else:
        yield path, _leaf(path, value)


def object_facts(obj: Json) -> Facts:
    """An applied object: everything but what the server adds, and who owns which field."""
    plain = {key: value for key, value in obj.items() if key not in {"apiVersion", "kind"}}
    plain["metadata"] = {k: v for k, v in obj["metadata"].items() if k not in _SERVER_KEYS}
    if "status" in plain:
        plain["status"] = _with_conditions(plain["status"])
    return {**dict(flatten(plain)), **dict(_owners(obj))}


def flux_facts(obj: Json) -> Facts:
    """A Flux object: finalizers, all of its status, and who wrote to it but for clients without a name."""
    status = _with_conditions(obj.get("status") or {})
    inventory = (status.pop("inventory", None) or {}).get("entries")
    history = status.pop("history", None)
    kept = {key: obj["metadata"].get(key) for key in ("finalizers", "generation", "deletionTimestamp")}
    facts = dict(flatten({"metadata": {k: v for k, v in kept.items() if v is not None}, "status": status}))
    facts |= {f"written by {who}": "there" for who in _writers(obj) if not who.startswith("unknown ")}
    if inventory is not None:
        facts["status.inventory"] = "there"
        facts |= {f"status.inventory[{entry['id']}]": entry["v"] for entry in inventory}
    if history is not None:
        facts |= dict(flatten(_history(history), "status.history"))
    return facts


def artifact_facts(members: Iterable[tuple[str, str, str]]) -> Facts:
    """The entries of an archive: (path, type and mode, digest of the content)."""
    facts: Facts = {}
    for path, mode, digest in members:
        facts[f"{_joined('', path)}.mode"] = mode
        if digest:
            facts[f"{_joined('', path)}.content"] = digest
    return facts


def event_facts(told: Iterable[tuple[str, str, str, str]]) -> Facts:
    """Events of one object: type and reason -> the distinct messages, sorted; their metadata.

    Each is (type, reason, message, metadata).
    """
    messages: dict[str, set[str]] = {}
    for severity, reason, message, metadata in told:
        messages.setdefault(f"{severity} {reason}", set()).add(text(message))
        messages.setdefault(f"{severity} {reason} metadata", set()).add(metadata)
    return {key: "\n".join(sorted(found)) for key, found in messages.items()}


def event_metadata(annotations: Mapping[str, str]) -> str:
    """What an event carries, as one text; the digest of the archive as such."""
    shown = {
        key: "<digest>" if key.endswith(("/digest", "/checksum")) else value
        for key, value in annotations.items()
    }
    return " ".join(f"{key}={value}" for key, value in sorted(shown.items()))


def _joined(path: str, key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{key}]"


def _leaf(path: str, value: object) -> str:
    key = re.split(r"[.\[]", path.rstrip("]0123456789["))[-1] if path else ""
    if key in _TIME_KEYS or key in _CHOSEN or key in _COUNTS:
        return f"<{key}>"
    if _ARTIFACT_DIGEST.search(path):
        return "<digest>"
    if isinstance(value, str):
        return text(value)
    return json.dumps(value, sort_keys=True)


def _with_conditions(status: Json) -> Json:
    """The status with its conditions by type, in place of a list."""
    conditions = status.get("conditions")
    if not isinstance(conditions, list):
        return dict(status)
    named = {
        one["type"]: {key: value for key, value in one.items() if key not in {"type", "lastTransitionTime"}}
        for one in conditions
    }
    return {**status, "conditions": named}


def _history(history: list[Json]) -> list[Json]:
    """Snapshots whose digests say only which of them are of the same build."""
    known: dict[str, str] = {}
    for snapshot in reversed(history):
        known.setdefault(snapshot["digest"], f"<build {len(known) + 1}>")
    return [{**snapshot, "digest": known[snapshot["digest"]]} for snapshot in history]


def _writers(obj: Json) -> Iterator[str]:
    return (_who(entry) for entry in obj["metadata"].get("managedFields") or ())


def _who(entry: Json) -> str:
    return " ".join(str(entry[key]) for key in ("manager", "operation", "subresource") if entry.get(key))


def _owners(obj: Json) -> Iterator[tuple[str, str]]:
    for entry in obj["metadata"].get("managedFields") or ():
        who = _who(entry)
        for path in _owned(entry.get("fieldsV1") or {}):
            yield f"owner({who}){path}", "owned"


def _owned(fields: Json, path: str = "") -> Iterator[str]:
    """The paths of a set of fields, as the API server writes them (`f:`, `k:`, `v:`, and `.` for itself)."""
    if not fields:
        yield path
    for key, inner in fields.items():
        if key == ".":
            yield f"{path}."
            continue
        yield from _owned(inner, _joined(path, key.partition(":")[2]))
