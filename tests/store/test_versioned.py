"""What is kept with the version of its form."""

from __future__ import annotations

import msgspec
import pytest
from penstock.base.errors import Terminal
from penstock.store.versioned import decoded, version_of


class Kept(msgspec.Struct):
    """Something that is kept."""

    name: str
    version: int = 2


def _newer(version: int) -> Terminal:
    return Terminal(f"it has version {version}")


@pytest.mark.parametrize("version", [0, 1, 2])
def test_what_is_no_newer_is_read(version: int) -> None:
    data = msgspec.json.encode(Kept("a", version))
    assert decoded(data, Kept, 2, _newer) == Kept("a", version)


def test_what_is_newer_is_refused_or_not_there_whatever_its_form() -> None:
    data = b'{"version": 3, "name": 7}'
    with pytest.raises(Terminal, match="it has version 3"):
        decoded(data, Kept, 2, _newer)
    assert decoded(data, Kept, 2) is None
    assert version_of(data) == 3


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"version": "x"}', b'{"version": 1}'])
def test_what_is_damaged_is_nobodys(data: bytes) -> None:
    assert decoded(data, Kept, 2, _newer) is None
    assert version_of(data) in {0, 1}
