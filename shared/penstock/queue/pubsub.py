"""Hands work on as messages of Google Pub/Sub, in order for each object; the server has it when put returns.

The messages come back as pushes to the functions (penstock.api.push). What is given up goes to a topic of
its own, for people to read. PUBSUB_EMULATOR_HOST leads to an emulator, as with all of Google's clients.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from penstock.api.work import encode
from penstock.base.errors import LimitExceeded, Transient
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock.api.work import WorkItem
    from penstock.base.limits import Limits
    from penstock.base.topics import Topics

_EMULATOR = "PUBSUB_EMULATOR_HOST"
_AGAIN_FIRST_S = 0.1
_AGAIN_LONGEST_S = 2.0
_ATTRIBUTE_BYTES = 1024
"""Pub/Sub's, of an attribute's value."""
"""Of one attribute's value, by Pub/Sub's own limits."""


class PubSubQueue:
    """Publishes to `topics`; `timeout_s` is how long the server may take, and the library's retries with it.

    Of `limits` it keeps to invoke_body_bytes (a message) and queue_outstanding (messages under way).
    """

    def __init__(
        self, topics: Topics, *, limits: Limits, timeout_s: float, environ: Mapping[str, str]
    ) -> None:
        self._topics = topics
        self._most_bytes = limits.invoke_body_bytes
        self._places = threading.BoundedSemaphore(limits.queue_outstanding)
        self._most = limits.queue_outstanding
        self._timeout_s = timeout_s
        self._emulator = environ.get(_EMULATOR, "")
        self._made: Any = None
        self._lock = threading.Lock()

    def put(self, item: WorkItem) -> None:
        """Publishes the item and waits until the server has it; LimitExceeded if it is too large, else
        Transient if the server did not take it.
        """
        data = encode(item)
        if len(data) > self._most_bytes:
            raise LimitExceeded(
                f"the work item has {len(data)} bytes, more than {self._most_bytes}",
                limit="invoke_body_bytes",
            )
        self._publish(self._topics.path(item.function), data, item.key, {})

    def bury(self, data: bytes, why: Mapping[str, str]) -> None:
        """Publishes what is given up, with what is known about it, as a dead letter; Transient as put."""
        told = {key: _attribute(value) for key, value in why.items() if value}
        self._publish(self._topics.dead, data, "", told)

    def close(self) -> None:
        """Lets go of the connection."""
        if self._made is not None:
            self._made.transport.close()

    def _publish(self, topic: str, data: bytes, key: str, attributes: Mapping[str, str]) -> None:
        message = {"data": data, "ordering_key": key, "attributes": dict(attributes)}
        with self._place(), _told(topic):
            from google.api_core import exceptions, retry  # noqa: PLC0415 - as the client

            again = retry.Retry(
                predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.Aborted),
                initial=_AGAIN_FIRST_S,
                maximum=_AGAIN_LONGEST_S,
                timeout=self._timeout_s,
            )
            self._client().publish(topic=topic, messages=[message], retry=again, timeout=self._timeout_s)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Transient(
                f"{self._most} messages are under way to {self._topics} (PENSTOCK_LIMIT_QUEUE_OUTSTANDING)",
                retry_after=5.0,
            )
        try:
            yield
        finally:
            self._places.release()

    def _client(self) -> Any:
        """The library's client, made when it is first needed; one for all threads."""
        from google.pubsub_v1 import PublisherClient  # noqa: PLC0415 - 0.15 s and 34 MiB

        with self._lock:
            if self._made is None:
                self._made = PublisherClient(transport=self._transport())
            return self._made

    def _transport(self) -> Any:
        """How the client reaches the server: with the credentials of this machine, or an emulator without."""
        import grpc  # noqa: PLC0415 - as the client
        from google.pubsub_v1.services.publisher.transports import (  # noqa: PLC0415 - as the client
            PublisherGrpcTransport,
        )

        if self._emulator:
            near = (("grpc.enable_http_proxy", 0),)
            return PublisherGrpcTransport(channel=grpc.insecure_channel(self._emulator, near))
        return PublisherGrpcTransport()


@contextmanager
def _told(topic: str) -> Iterator[None]:
    """One clear error for all that may go wrong on the way to the server; nothing in it is the message's."""
    from google.api_core import exceptions  # noqa: PLC0415 - as the client
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as the client

    try:
        yield
    except exceptions.NotFound:
        raise Transient(f"{topic} does not exist: create it (docs/operate.md)") from None
    except exceptions.PermissionDenied:
        raise Transient(f"{topic}: grant roles/pubsub.publisher on it to this service account") from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        what = getattr(error, "cause", None) or error  # retries that came to an end
        raise Transient(f"{topic} did not take a message: {type(what).__name__}", retry_after=5.0) from None


def _attribute(text: str) -> str:
    return printable(text.encode()[:_ATTRIBUTE_BYTES].decode(errors="ignore"), _ATTRIBUTE_BYTES)
