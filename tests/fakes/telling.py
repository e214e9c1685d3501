"""A person who remembers what was told, as a terminal shows it."""

from __future__ import annotations


class FakeTell:
    """Implements penstock.client.telling.Tell."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def action(self, text: str, /) -> None:
        self.lines.append(f"► {text}")

    def generating(self, text: str, /) -> None:
        self.lines.append(f"✚ {text}")

    def waiting(self, text: str, /) -> None:
        self.lines.append(f"◎ {text}")

    def success(self, text: str, /) -> None:
        self.lines.append(f"✔ {text}")

    def warning(self, text: str, /) -> None:
        self.lines.append(f"⚠️ {text}")

    def failure(self, text: str, /) -> None:
        self.lines.append(f"✗ {text}")
