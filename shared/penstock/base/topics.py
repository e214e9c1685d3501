"""The Pub/Sub topics that work goes through, as one setting names them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"pubsub://(?P<project>([a-z0-9.-]{1,63}:)?[a-z][-a-z0-9]{4,28}[a-z0-9])"
    r"/(?P<prefix>(?!goog)[A-Za-z][-A-Za-z0-9._~+]{0,199})"
)


@dataclass(frozen=True)
class Topics:
    """`<prefix>-fetch`, `-apply`, `-tick` take work, `-dead` what was given up; all of one project."""

    project: str
    prefix: str

    def path(self, end: str) -> str:
        """The full name of the topic that ends so."""
        return f"projects/{self.project}/topics/{self.prefix}-{end}"

    @property
    def dead(self) -> str:
        """The topic of dead letters."""
        return self.path("dead")

    def __str__(self) -> str:
        return f"pubsub://{self.project}/{self.prefix}"


def parse_topics(given: str) -> Topics:
    """The topics of `pubsub://PROJECT/PREFIX`; ValueError with the remedy otherwise."""
    found = _ADDRESS.fullmatch(given)
    if found is None:
        raise ValueError("must be pubsub://PROJECT/PREFIX, a project's id and how the names of topics begin")
    return Topics(found["project"], found["prefix"])
