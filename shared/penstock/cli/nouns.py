"""Verbs with nouns: `penstock get kustomizations`, `penstock create source git`.

A kind that flux has and penstock has not yet is a noun all the same: it says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from penstock.base.errors import Terminal
from penstock.cli.lazy import Entry, LazyGroup
from penstock.client.kinds import KINDS, Kind, Words, not_built

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FAMILIES = {
    "artifact": "Artifacts",
    "image": "Images",
    "secret": "Secrets with credentials",
    "source": "Sources, such as Git repositories",
}


def noun_group(verb: str, text: str, nouns: Mapping[Words, Entry]) -> LazyGroup:
    """The command of a verb: a noun of one word is a command, those of two are commands of a group.

    `text` is the help of the verb. Both `source` and `sources` are understood, whichever is shown.
    """
    entries: dict[str, Entry] = {}
    for words, entry in nouns.items():
        if len(words) == 1:
            entries[words[0]] = entry
        elif words[0] not in entries:
            entries[words[0]] = _family(words[0], text, nouns)
    return LazyGroup(verb, help=text, short_help=text.partition("\n")[0], entries=entries)


def kind_nouns(built: Mapping[Kind, Entry], *, plural: bool = False) -> dict[Words, Entry]:
    """A noun for each of Flux's kinds: the given entries, and those that say that they are not built.

    `plural` is for verbs of many objects: `get kustomizations`; the other form is an alias.
    """
    nouns: dict[Words, Entry] = {}
    for kind in KINDS:
        shown, other = (kind.listed, kind.words) if plural else (kind.words, kind.listed)
        entry = built.get(kind) or Entry(_refusing(kind), hidden=True)
        aliases = {other[-1], *kind.aliases, *entry.aliases} - {shown[-1]}
        nouns[shown] = replace(entry, aliases=tuple(sorted(aliases)))
    return nouns


def _family(word: str, text: str, nouns: Mapping[Words, Entry]) -> Entry:
    singular = word.removesuffix("s")
    members = {words[1]: entry for words, entry in nouns.items() if len(words) == 2 and words[0] == word}
    line = _FAMILIES.get(singular, word)
    hidden = all(entry.hidden for entry in members.values())
    what = text.partition("\n")[0] if not hidden else f"Not built here yet: {', '.join(members)}."
    group = LazyGroup(word, help=f"{line}. {what}", entries=members)
    return Entry(lambda: group, line, tuple({singular, f"{singular}s"} - {word}), hidden)


def _refusing(kind: Kind) -> Callable[[], click.Command]:
    """The command of a kind that is not built: whatever follows it, it says so."""

    def load() -> click.Command:
        return click.Command(
            kind.listed[-1],
            callback=refuse,
            params=[click.Argument(["given"], nargs=-1, type=click.UNPROCESSED)],
            context_settings={"ignore_unknown_options": True},
            help=not_built(kind),
            hidden=True,
        )

    def refuse(given: tuple[str, ...]) -> None:
        del given
        raise Terminal(not_built(kind), reason="NotSupported")

    return load
