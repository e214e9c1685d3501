"""Pub/Sub as a test sees it: topics with a subscription each, and the queue that publishes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage, PullRequest
from penstock.api.work import Function, decode
from penstock.base.limits import Limits
from penstock.base.topics import Topics
from penstock.queue.pubsub import PubSubQueue

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.api.work import WorkItem

PROJECT = "penstock-test"


def publisher(
    host: str, prefix: str, *, limits: Limits | None = None, timeout_s: float = 10.0
) -> PubSubQueue:
    """The queue, as a function makes it."""
    environ = {"PUBSUB_EMULATOR_HOST": host}
    return PubSubQueue(
        Topics(PROJECT, prefix), limits=limits or Limits(), timeout_s=timeout_s, environ=environ
    )


class Subscriptions:
    """Makes the topics of a prefix with a subscription each, as docs/operate.md says; takes what they get."""

    def __init__(self, host: str, prefix: str, *, ordered: bool = True) -> None:
        self._channel = grpc.insecure_channel(host, (("grpc.enable_http_proxy", 0),))
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=self._channel))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=self._channel))
        self.topics = Topics(PROJECT, prefix)
        dead = {"dead_letter_topic": self.topics.dead, "max_delivery_attempts": 100}
        for end in ("dead", *Function):
            topic = self.topics.path(end)
            self._publisher.create_topic(name=topic)
            made = {"name": self._name(end), "topic": topic, "enable_message_ordering": ordered}
            policy = {} if end == "dead" else {"dead_letter_policy": dead}
            self._subscriber.create_subscription(request={**made, **policy, "ack_deadline_seconds": 600})

    def items(self, count: int) -> list[WorkItem]:
        """So many items of all functions, and no more."""
        found: list[WorkItem] = []

        def more() -> bool:
            for function in Function:
                found.extend(decode(message.data) for message in self.pull(function))
            return len(found) >= count

        eventually(more, f"{count} items")
        assert len(found) == count
        return found

    def pull(self, end: str) -> list[PubsubMessage]:
        """What waits there, at most one of each key; it is taken away."""
        asked = PullRequest(subscription=self._name(end), max_messages=100, return_immediately=True)
        # Not by the client, which warns of return_immediately and would wait half a second without it.
        pulled: Any = self._subscriber.transport.pull(asked)
        received = list(pulled.received_messages)
        if received:
            ids = [one.ack_id for one in received]
            self._subscriber.acknowledge(subscription=self._name(end), ack_ids=ids)
        return [one.message for one in received]

    def push_to(self, end: str, url: str) -> None:
        """From now on the messages are pushed there; to nobody if it is empty."""
        changed = {"name": self._name(end), "push_config": {"push_endpoint": url}}
        self._subscriber.update_subscription(
            request={"subscription": changed, "update_mask": {"paths": ["push_config"]}}
        )

    def publish(self, end: str, data: bytes) -> None:
        """A message as somebody else would publish it."""
        self._publisher.publish(topic=self.topics.path(end), messages=[PubsubMessage(data=data)])

    def close(self) -> None:
        self._channel.close()

    def _name(self, end: str) -> str:
        return f"projects/{PROJECT}/subscriptions/{self.topics.prefix}-{end}"
