"""`patchesStrategicMerge` and `patchesJson6902` as `patches`, which is all that Flux has now. Pure.

Each patch stays the text that it was, comments and all, but for its indentation. kustomize applies the three
lists in this order, so the items come in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from penstock.migrate.edits import Edit, line_start, newline, next_line
from penstock.migrate.nodes import content_end, entry

_NEW, _MERGE, _JSON = "patches", "patchesStrategicMerge", "patchesJson6902"
_DEEPER = 4
"""From the dash of an item to the text of its patch."""


class ByHand(Exception):
    """It is written in a way that is not rewritten; the message says which."""


@dataclass(frozen=True)
class _Old:
    """One of the old lists: its entry as it stands in the text, from the line of its key on."""

    key: yaml.ScalarNode
    items: yaml.SequenceNode
    start: int
    end: int


def to_patches(text: str, holder: yaml.MappingNode) -> tuple[Edit, ...]:
    """The edits that make of both old lists of the mapping one list `patches`; ByHand if there are none."""
    merge, json = _old(text, holder, _MERGE), _old(text, holder, _JSON)
    given = entry(holder, _NEW)
    if merge is None and json is None:
        return ()
    if given is not None:
        items = _block(given[1], _NEW)
        dash = items.start_mark.column
        front = _converted(text, merge, dash) if merge is not None else ""
        behind = _converted(text, json, dash) if json is not None else ""
        first, last = line_start(text, items.start_mark.index), next_line(text, content_end(items))
        drops = [Edit(old.start, old.end, "") for old in (merge, json) if old is not None]
        return (*drops, *_inserted(first, front), *_inserted(last, _on_own_lines(text, last, behind)))
    first_old = merge or json
    if first_old is None:
        raise AssertionError("one of them is there")
    head = text[first_old.start : first_old.key.start_mark.index] + _NEW
    head += text[first_old.key.end_mark.index : next_line(text, first_old.key.end_mark.index)]
    dash = first_old.items.start_mark.column
    lists = [old for old in (merge, json) if old is not None]
    body = "".join(_converted(text, old, dash) for old in lists)
    rest = [Edit(old.start, old.end, "") for old in lists[1:]]
    return (Edit(first_old.start, first_old.end, head + body), *rest)


def _inserted(at: int, text: str) -> tuple[Edit, ...]:
    return (Edit(at, at, text),) if text else ()


def _on_own_lines(text: str, at: int, lines: str) -> str:
    """The lines, after a line break if the text has none there."""
    return newline(text) + lines if lines and at and text[at - 1] != "\n" else lines


def _old(text: str, holder: yaml.MappingNode, name: str) -> _Old | None:
    found = entry(holder, name)
    if found is None:
        return None
    key, value = found
    if holder.flow_style or text[line_start(text, key.start_mark.index) : key.start_mark.index].strip(" "):
        raise ByHand(f"{name} does not begin a line")
    items = _block(value, name)
    start = line_start(text, key.start_mark.index)
    return _Old(key, items, start, next_line(text, content_end(items)))


def _block(node: yaml.Node, name: str) -> yaml.SequenceNode:
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        raise ByHand(f"{name} is no list with a line for each of its items")
    return node


def _converted(text: str, old: _Old, dash: int) -> str:
    """The items as items of `patches`, with their dashes in the column `dash`."""
    at = next_line(text, old.key.end_mark.index)
    parts = []
    for item in old.items.value:
        end = next_line(text, content_end(item))
        parts.append(_item(text, at, end, item, old.items.start_mark.column))
        at = end
    lines = "".join(parts)
    if lines and not lines.endswith("\n"):
        lines += newline(text)
    return _shifted(lines, dash - old.items.start_mark.column)


def _item(text: str, start: int, end: int, item: yaml.Node, dash: int) -> str:
    """One item with the comments above it."""
    _refuse_references(text[start:end])
    if not isinstance(item, yaml.MappingNode):
        raise ByHand("one of the patches is no object")
    patch = entry(item, "patch")
    if patch is not None and entry(item, "apiVersion") is None:
        key, ops = patch
        inner = _json(text, key, ops)
        head = text[start : key.end_mark.index] + ": |" + newline(text)
        rest = text[next_line(text, content_end(ops)) : end]
        return head + inner + rest
    if item.flow_style and "\n" in text[item.start_mark.index : item.end_mark.index]:
        raise ByHand("one of the patches is written in braces over several lines")
    at = item.start_mark.index
    return (
        text[start : _dash(text, at, start)]
        + "- patch: |"
        + newline(text)
        + _lines(text, at, end, item.start_mark.column, dash + _DEEPER)
    )


def _dash(text: str, at: int, start: int) -> int:
    """Where the dash of an item stands; ByHand if there is more than blanks between it and the item."""
    found = text.rfind("-", start, at)
    if found < 0 or text[found + 1 : at].strip():
        raise ByHand("there is a comment between the dash of a patch and the patch")
    return found


def _json(text: str, key: yaml.ScalarNode, ops: yaml.Node) -> str:
    """The operations of a JSON patch, two columns deeper than the key above them."""
    if not isinstance(ops, yaml.SequenceNode) or not ops.value:
        raise ByHand("one of the patches is no list of operations")
    if ops.flow_style and "\n" in text[ops.start_mark.index : ops.end_mark.index]:
        raise ByHand("one of the patches is written in brackets over several lines")
    end = next_line(text, content_end(ops))
    return _lines(text, ops.start_mark.index, end, ops.start_mark.column, key.start_mark.column + 2)


def _lines(text: str, start: int, end: int, column: int, wanted: int) -> str:
    """What begins at `start`, in that column, with its lines moved to the column that is wanted."""
    first, *rest = text[start:end].splitlines(keepends=True)
    moved = [" " * wanted + first]
    for line in rest:
        blanks = len(line) - len(line.lstrip(" "))
        kept = line[min(blanks, column) :]
        moved.append(" " * wanted + kept if line.strip() else line)
    return "".join(moved)


def _shifted(lines: str, by: int) -> str:
    if not by:
        return lines
    moved = [
        " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
        for line in lines.splitlines(keepends=True)
    ]
    return "".join(new if new.strip() else "".join(c for c in new if c in "\r\n") for new in moved)


def _refuse_references(part: str) -> None:
    """A patch becomes a text of its own: it cannot refer to what is outside."""
    for token in yaml.scan(part, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            raise ByHand("one of the patches has an anchor, an alias or a tag")
