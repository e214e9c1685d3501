"""A text of manifests with every API version that Flux has removed replaced, and its fields with it. Pure.

Everything else stays as it is, character by character. A text that is not whole YAML, or has something that
only a person can decide, stays as it is altogether and says so: nothing is half migrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from penstock.api.removed import replacement
from penstock.migrate.edits import Edit, edited
from penstock.migrate.fields import Change, field_changes
from penstock.migrate.mentions import may_mention, mentions
from penstock.migrate.nodes import Unreadable, at, documents, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    Look: TypeAlias = Callable[[str, yaml.Node], Iterator[Change]]


@dataclass(frozen=True)
class Rewritten:
    """The text afterwards, what was changed, and what has to be done by hand: then it is the text before."""

    text: str
    changes: tuple[Change, ...] = ()
    by_hand: tuple[Change, ...] = ()


def rewrite(text: str, depth: int) -> Rewritten:
    """The text migrated; `depth` is the deepest nesting that is read."""
    if not may_mention(text):
        return Rewritten(text)
    try:
        roots = documents(text, depth)
        found = (*_found(_fields, text, roots), *_found(_versions, text, roots))
    except Unreadable as error:
        lines = tuple(Change(one.line, f"write {one.instead}: {error}") for one in mentions(text))
        return Rewritten(text, by_hand=lines)
    by_hand = tuple(change for change in found if not change.edits)
    if by_hand or not found:
        return Rewritten(text, by_hand=by_hand)
    try:
        # Versions last: what was a patch in YAML is a text by then, and has to be read as one.
        between = edited(text, _edits(_found(_fields, text, roots)))
        after = edited(between, _edits(_found(_versions, between, documents(between, depth))))
        _check_done(after, documents(after, depth))
    except (ValueError, Unreadable):
        lines = tuple(Change(change.line, change.what) for change in found)
        return Rewritten(text, by_hand=lines)
    return Rewritten(after, tuple(sorted(set(found), key=lambda change: (change.line, change.what))))


def _found(look: Look, text: str, roots: Iterable[yaml.Node]) -> tuple[Change, ...]:
    return tuple(change for root in roots for change in look(text, root))


def _edits(changes: Iterable[Change]) -> Iterator[Edit]:
    return (edit for change in changes for edit in change.edits)


def _check_done(after: str, roots: tuple[yaml.Node, ...]) -> None:
    """ValueError if the result is not what was looked for."""
    if _found(_fields, after, roots) or _found(_versions, after, roots):
        raise ValueError("something is left")


def _fields(text: str, root: yaml.Node) -> Iterator[Change]:
    """What went with the versions of the objects."""
    for node in walk(root):
        kind = text_of(at(node, "kind"))
        if isinstance(node, yaml.MappingNode) and replacement(text_of(at(node, "apiVersion")), kind):
            yield from field_changes(text, kind, node)


def _versions(text: str, root: yaml.Node) -> Iterator[Change]:
    for node in walk(root):
        if isinstance(node, yaml.MappingNode):
            yield from _of_object(text, node)
            yield from _of_selector(text, node)
        elif isinstance(node, yaml.ScalarNode) and "\n" in node.value:
            yield from _within(text, node)


def _of_object(text: str, node: yaml.MappingNode) -> Iterator[Change]:
    """An object, or a reference to one."""
    version, kind = at(node, "apiVersion"), text_of(at(node, "kind"))
    old = text_of(version)
    instead = replacement(old, kind)
    if version is not None and instead:
        yield _version(text, version, f"{kind} {old} -> {instead.rpartition('/')[2]}", old, instead)


def _of_selector(text: str, node: yaml.MappingNode) -> Iterator[Change]:
    """A selector of a patch: group, version and kind apart from each other."""
    version, kind = at(node, "version"), text_of(at(node, "kind"))
    old = text_of(version)
    instead = replacement(f"{text_of(at(node, 'group'))}/{old}", kind)
    if version is not None and instead:
        now = instead.rpartition("/")[2]
        yield _version(text, version, f"{kind} {old} -> {now} in a selector", old, now)


def _version(text: str, node: yaml.Node, what: str, old: str, instead: str) -> Change:
    start, end = node.start_mark.index, node.end_mark.index
    raw = text[start:end]
    edits = (Edit(start, end, raw.replace(old, instead)),) if raw.count(old) == 1 else ()
    return Change(node.start_mark.line + 1, what, edits)


def _within(text: str, node: yaml.ScalarNode) -> Iterator[Change]:
    """Objects in a text within the YAML, such as a patch."""
    start, end = node.start_mark.index, node.end_mark.index
    for found in mentions(text[start:end]):
        what = f"{found.kind} {found.version} -> {found.instead.rpartition('/')[2]} in a text"
        edit = Edit(start + found.start, start + found.end, found.instead)
        yield Change(node.start_mark.line + found.line, what, (edit,))
