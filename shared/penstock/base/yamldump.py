"""YAML that other tools read: sorted keys, equal parts written out every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """Write equal parts out every time: other tools read this, too."""
        del data
        return True


def dump(document: Any, *, explicit_start: bool = False) -> str:
    """One document as text that ends in a newline; `explicit_start` puts `---` in front."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, explicit_start=explicit_start, width=100, allow_unicode=True
    )
    return text


def dump_all(documents: Iterable[Any]) -> str:
    """The documents with `---` between them, none in front."""
    return "---\n".join(dump(document) for document in documents)
