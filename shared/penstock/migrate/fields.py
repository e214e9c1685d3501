"""The fields that went with the old API versions, and what becomes of them. Pure.

Source: the types of the removed versions beside those of today: kustomize-controller api/v1beta2,
source-controller api/v1beta2, helm-controller api/v2beta2, image-automation-controller api/v1beta2. What
those versions had and today's have not is here; everything else stayed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import yaml

from penstock.migrate.edits import Edit, line_start, newline, next_line
from penstock.migrate.nodes import BLOCK_SCALARS, at, content_end, entry, text_of
from penstock.migrate.patches import ByHand, to_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FLOW = re.compile(r"[\[\]{},]")
_TEMPLATE = re.compile(r"\.(Updated|ImageResult)\b")


@dataclass(frozen=True)
class Change:
    """What was done in a line (from 1), or has to be done there by hand; `edits` are empty then."""

    line: int
    what: str
    edits: tuple[Edit, ...] = ()


def field_changes(text: str, kind: str, obj: yaml.MappingNode) -> Iterator[Change]:
    """What becomes of the fields of an object of one of Flux's kinds."""
    spec = at(obj, "spec")
    for name in _DROPPED.get(kind, ()):
        yield from _changed(spec, name, partial(_dropped, text, spec))
    if kind == "HelmChart":
        yield from _values_file(text, spec)
    elif kind == "HelmRelease":
        yield from _values_file(text, at(spec, "chart", "spec"))
        renderers = at(spec, "postRenderers")
        for one in renderers.value if isinstance(renderers, yaml.SequenceNode) else ():
            yield from _patches(text, at(one, "kustomize"))
    elif kind == "Kustomization":
        yield from _patches(text, spec)
    elif kind == "ImageUpdateAutomation":
        yield from _template(spec)


_DROPPED = {
    "Kustomization": ("validation",),
    "GitRepository": ("gitImplementation", "accessFrom"),
    "Bucket": ("accessFrom",),
    "HelmChart": ("accessFrom",),
}
"""Fields that did nothing any more."""


def _changed(
    holder: yaml.Node | None, name: str, change: Callable[[yaml.ScalarNode, yaml.Node], tuple[Edit, ...]]
) -> Iterator[Change]:
    """The change of one entry, if it is there."""
    found = entry(holder, name)
    if found is None:
        return
    line = found[0].start_mark.line + 1
    try:
        yield Change(line, f"{name} taken out", change(*found))
    except ByHand as error:
        yield Change(line, f"{error}")


def _dropped(text: str, holder: yaml.Node | None, key: yaml.ScalarNode, value: yaml.Node) -> tuple[Edit, ...]:
    """The lines of an entry taken out."""
    start = line_start(text, key.start_mark.index)
    alone = isinstance(holder, yaml.MappingNode) and len(holder.value) == 1
    in_lines = isinstance(holder, yaml.MappingNode) and not holder.flow_style
    if alone or not in_lines or text[start : key.start_mark.index].strip(" "):
        raise ByHand(f"take out {key.value}, which Flux does not have any more")
    return (Edit(start, next_line(text, content_end(value)), ""),)


def _values_file(text: str, holder: yaml.Node | None) -> Iterator[Change]:
    """`valuesFile` came before `valuesFiles`, and is the first of them now."""
    old, new = entry(holder, "valuesFile"), entry(holder, "valuesFiles")
    if old is None:
        return
    key, value = old
    line = key.start_mark.line + 1
    try:
        raw = _one_line(text, value)
        if new is None:
            quoted = json.dumps(raw) if _FLOW.search(raw) and raw[:1] not in "'\"" else raw
            spans = ((key, "valuesFiles"), (value, f"[{quoted}]"))
            edits = tuple(Edit(node.start_mark.index, node.end_mark.index, put) for node, put in spans)
        else:
            edits = (*_first(text, new[1], raw), *_dropped(text, holder, key, value))
        yield Change(line, "valuesFile is in valuesFiles", edits)
    except ByHand as error:
        yield Change(line, str(error))


def _one_line(text: str, value: yaml.Node) -> str:
    raw = text[value.start_mark.index : value.end_mark.index]
    scalar = isinstance(value, yaml.ScalarNode) and value.style not in BLOCK_SCALARS
    if not scalar or not raw or "\n" in raw or raw[:1] in "&*!":
        raise ByHand("write the value of valuesFile into valuesFiles")
    return raw


def _first(text: str, items: yaml.Node, raw: str) -> tuple[Edit, ...]:
    """One more item in front of a list."""
    if not isinstance(items, yaml.SequenceNode) or not items.value:
        raise ByHand("write the value of valuesFile into valuesFiles")
    start = items.start_mark.index
    if items.flow_style:
        quoted = json.dumps(raw) if _FLOW.search(raw) and raw[:1] not in "'\"" else raw
        return (Edit(start + 1, start + 1, f"{quoted}, "),)
    return (Edit(start, start, f"- {raw}{newline(text)}{' ' * items.start_mark.column}"),)


def _patches(text: str, holder: yaml.Node | None) -> Iterator[Change]:
    """Both old lists of patches are in `patches`."""
    names = ("patchesStrategicMerge", "patchesJson6902")
    found = [old[0] for name in names if (old := entry(holder, name)) is not None]
    if not found or not isinstance(holder, yaml.MappingNode):
        return
    line = min(key.start_mark.line for key in found) + 1
    listed = " and ".join(key.value for key in found)
    try:
        yield Change(line, f"{listed} made patches", to_patches(text, holder))
    except ByHand as error:
        yield Change(line, f"make {listed} patches: {error}")


def _template(spec: yaml.Node | None) -> Iterator[Change]:
    found = at(spec, "git", "commit", "messageTemplate")
    if found is not None and (used := _TEMPLATE.search(text_of(found))):
        what = f"messageTemplate has {used[0]}, which Flux does not have any more: use .Changed"
        yield Change(found.start_mark.line + 1, what)
