"""A session on a scripted server, with waits that are remembered instead of slept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.cluster.retry import RetryPolicy
from penstock.cluster.session import Session
from penstock.cluster.target import Credentials, FixedCredentials, Target
from penstock.cluster.transport import Transport

if TYPE_CHECKING:
    from penstock.base.limits import Limits

    from tests.cluster.scripted import ScriptedApi


@dataclass
class Waits:
    """What would have been slept, in seconds."""

    seen: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Remember."""
        self.seen.append(seconds)


def make_session(
    server: ScriptedApi | str,
    waits: Waits,
    *,
    credentials: Credentials | None = None,
    request_s: float = 5.0,
    ca: str = "",
    limits: Limits | None = None,
) -> Session:
    """A session whose random numbers are all 0.5."""
    url = server if isinstance(server, str) else server.url
    return Session(
        Transport(Target(url, ca=ca), user_agent="penstock/test", limits=limits),
        credentials or FixedCredentials("Bearer token"),
        policy=RetryPolicy(attempts=4, first_step_s=0.2),
        request_s=request_s,
        sleep=waits.sleep,
        draw=lambda: 0.5,
    )
