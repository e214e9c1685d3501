"""Where a bucket is that is not a folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CloudBucket:
    """A bucket on Google Cloud Storage; keys begin with `prefix`: empty, or with a slash at its end."""

    name: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"gs://{self.name}/{self.prefix}".rstrip("/")

    def key_of(self, name: str) -> str:
        """The key of the object of that name; empty if it lies outside of the prefix."""
        return name.removeprefix(self.prefix) if name.startswith(self.prefix) else ""
