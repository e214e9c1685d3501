"""Whether something that was built can be an object of a cluster at all. Pure.

Source: Kubernetes' rules for names (apimachinery validation, IsValidPathSegmentName); threats A-42, A-51.
The API server judges everything else; this is what must hold before a request can even be made.
"""

from __future__ import annotations

import re
from typing import Any

_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"(?!\.{1,2}$)[!-$&-.0-~]{1,253}")


def problem_of(item: Any) -> str:
    """What is wrong with the identity of a built item, or empty; names the field, never its value."""
    if not isinstance(item, dict):
        return "it is no mapping"
    for field, form in (("apiVersion", _API_VERSION), ("kind", _KIND)):
        if found := _problem(field, item.get(field), form):
            return found
    meta = item.get("metadata")
    if not isinstance(meta, dict):
        return "metadata is no mapping" if meta is not None else "metadata.name is missing"
    return _metadata_problem(meta)


def _metadata_problem(meta: dict[str, Any]) -> str:
    if not meta.get("name") and meta.get("generateName"):
        return "metadata.name is missing, a generateName cannot be reconciled"
    if found := _problem("metadata.name", meta.get("name"), _NAME):
        return found
    if meta.get("namespace") not in (None, "") and (
        found := _problem("metadata.namespace", meta["namespace"], _NAMESPACE)
    ):
        return found
    return _annotations_problem(meta)


def _problem(field: str, value: Any, form: re.Pattern[str]) -> str:
    if value is None or value == "":
        return f"{field} is missing"
    if not isinstance(value, str):
        return f"{field} is no text"
    return "" if form.fullmatch(value) else f"{field} is no valid Kubernetes name"


def _annotations_problem(meta: dict[str, Any]) -> str:
    found = meta.get("annotations")
    if found is None:
        return ""
    if not isinstance(found, dict):
        return "metadata.annotations is no mapping"
    text = all(isinstance(value, str) for value in found.values())
    return "" if text else "metadata.annotations has a value that is no text"
