"""Settings that no process can start with: all can be read, but one is missing, or two contradict."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from penstock.base import parsers
from penstock.base.options import Role, options_of, variable
from penstock.base.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from penstock.base.environment import Reading

_SUCCESSORS = {
    Role.WEBHOOK: ("fetch_url", "apply_url"),
    Role.FETCH: ("apply_url",),
    Role.TICK: ("fetch_url", "apply_url"),
}


def contradictions(declaring: type, role: Role, reading: Reading) -> tuple[str, ...]:
    """One line for each, with what to do; `declaring` is where the settings are declared."""
    return (
        *_missing(declaring, role, reading.given),
        *_missing_successor(role, reading.given),
        *_half_identity(reading.given),
        *_far_queue(role, reading.values.get("queue")),
        *_nameless_hook(reading.values),
    )


def _missing(declaring: type, role: Role, given: Collection[str]) -> list[str]:
    return [
        f"{variable(one.name)} is missing: `{role}` does not start without it. {declared.help}"
        for one, declared in options_of(declaring)
        if role in declared.required_by and one.name not in given
    ]


def _missing_successor(role: Role, given: Collection[str]) -> list[str]:
    """A function alone must know where the work goes that it causes."""
    if "queue" in given:
        return []
    return [
        f"{variable(name)} is missing: `{role}` hands on work; set it, or {variable('queue')}"
        for name in _SUCCESSORS.get(role, ())
        if name not in given
    ]


def _half_identity(given: Collection[str]) -> list[str]:
    """Who takes identity tokens must say both for whom they are made and whose they are."""
    both = {"identity_audiences", "identity_accounts"}
    return [
        f"{variable(name)} is missing: identity tokens are taken only where {variable(other)} is set as well"
        for name, other in permutations(sorted(both))
        if other in given and name not in given
    ]


def _far_queue(role: Role, queue: object) -> list[str]:
    """Who works on its own queue needs one that it can take from."""
    if role is not Role.SERVE or not isinstance(queue, Topics):
        return []
    return [f"{variable('queue')} ({queue}): `serve` works on a folder; Pub/Sub may push into it at /fetch"]


def _nameless_hook(values: Mapping[str, object]) -> list[str]:
    """What listens on all addresses has none that the API server could call."""
    host = str(values.get("listen_host") or "")
    if values.get("admission_port") is None or values.get("admission_host") or not parsers.everywhere(host):
        return []
    return [f"{variable('admission_host')} is missing: {host} is no address that the API server could call"]
