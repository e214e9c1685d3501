"""Where the checkout lies: the Go modules that penstock builds are part of it, not of the Python package."""

from __future__ import annotations

from pathlib import Path

from penstock.base.errors import Terminal

_ROOT = Path(__file__).resolve().parents[3]


def folder(relative: str) -> Path:
    """A folder of the checkout, as an absolute path; Terminal if penstock runs without a checkout."""
    path = _ROOT / relative
    if not path.is_dir():
        raise Terminal(
            f"{path} is missing: penstock builds its tools from its checkout;"
            " clone the repository and install it with `pip install -e .`",
            reason="CheckoutMissing",
        )
    return path
