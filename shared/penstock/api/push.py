"""A work item as Pub/Sub pushes it, and what is to become of a delivery. Pure.

The body of a push: docs.cloud.google.com/pubsub/docs/push#receive_push. `deliveryAttempt` is there only if
the subscription has a dead letter policy.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Annotated

import msgspec

from penstock.base import strictjson
from penstock.base.clock import parse_rfc3339
from penstock.base.errors import Terminal
from penstock.base.structs import learn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_DEPTH = 8
"""Pub/Sub's envelope has three levels."""
_Name = Annotated[str, msgspec.Meta(max_length=1024)]


class _Message(msgspec.Struct, rename="camel"):
    message_id: _Name
    publish_time: _Name
    data: str = ""
    ordering_key: _Name = ""
    attributes: dict[_Name, _Name] = {}


class _Envelope(msgspec.Struct, rename="camel"):
    message: _Message
    subscription: _Name
    delivery_attempt: Annotated[int, msgspec.Meta(ge=1)] | None = None


learn(_Envelope)


@dataclass(frozen=True)
class Push:
    """A message that was pushed; `attempt` counts its deliveries from 1, if they are counted."""

    data: bytes
    message_id: str
    published_at: datetime
    subscription: str
    key: str = ""
    attempt: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


def parse_push(body: bytes) -> Push | None:
    """The message in the body of a push; None if the body is none, such as a plain work item.

    Terminal if it looks like a push and cannot be read as one.
    """
    try:
        given = strictjson.loads(body, depth=_DEPTH)
        if not isinstance(given, dict) or "message" not in given:
            return None
    except ValueError:
        return None
    try:
        envelope = msgspec.convert(given, type=_Envelope)
        message = envelope.message
        return Push(
            b64decode(message.data, validate=True),
            message.message_id,
            parse_rfc3339(message.publish_time),
            envelope.subscription,
            message.ordering_key,
            envelope.delivery_attempt,
            message.attributes,
        )
    except (msgspec.ValidationError, binascii.Error, ValueError) as error:
        raise Terminal(f"the body is no push of Pub/Sub: {str(error)[:200]}") from None


class Next(Enum):
    """What becomes of a delivery whose work could not be done now."""

    AGAIN = auto()
    """It is not acknowledged: the server delivers it again, after its backoff."""
    ANEW = auto()
    """The work is published as a new message, whose deliveries are counted anew; this one is acknowledged."""
    PARK = auto()
    """It goes among the dead letters and is acknowledged."""


def next_step(attempt: int | None, most_attempts: int, *, busy: bool) -> Next:
    """What to do after a failure; `busy` ones are nobody's fault and never the last (threats B-11).

    The server counts deliveries, whatever came of them: so that busy ones do not use up the tries of a
    message, it is published anew when they would.
    """
    if attempt is None or attempt < most_attempts:
        return Next.AGAIN
    return Next.ANEW if busy else Next.PARK
