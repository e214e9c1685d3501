"""YAML as nodes that know where they stand in the text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_SCALARS = ("|", ">")


class Unreadable(Exception):
    """The text is no YAML; the message says why in a few words."""


def documents(text: str, depth: int) -> tuple[yaml.Node, ...]:
    """The root of each document; Unreadable if there is none to be had.

    An alias is the node that it stands for. `depth` is the deepest nesting that is read.
    """
    try:
        _check_depth(text, depth)
        return tuple(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise Unreadable(f"it is no YAML that can be read{where}") from None


def _check_depth(text: str, depth: int) -> None:
    level = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        if level > depth:
            raise ValueError("too deep")


def walk(root: yaml.Node) -> Iterator[yaml.Node]:
    """The node and all below it, each once, however often it is referred to."""
    seen: set[int] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            todo.extend(value for _, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)


def entry(node: yaml.Node | None, key: str) -> tuple[yaml.ScalarNode, yaml.Node] | None:
    """Key and value of a mapping's entry; None if there is none, or if it is no mapping."""
    if not isinstance(node, yaml.MappingNode):
        return None
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            return name, value
    return None


def at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The node at a path of keys."""
    for key in path:
        found = entry(node, key)
        node = found[1] if found is not None else None
    return node


def text_of(node: yaml.Node | None) -> str:
    """The value of a scalar; empty for everything else."""
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def content_end(node: yaml.Node) -> int:
    """Where its last character ends; what a block's own end has behind it, such as comments, is not in it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return content_end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)
