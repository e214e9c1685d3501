"""Settings, edges and flows of one process put together; every part is made when it is first needed.

So the webhook function loads neither a Kubernetes client nor anything else that it has no use for.
"""
# ruff: noqa: PLC0415 - that is why the imports are where they are used

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from penstock.base.choices import LogFormat
from penstock.base.clock import SystemClock
from penstock.base.deadline import Stop
from penstock.base.errors import SettingsError
from penstock.base.location import CloudBucket
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.base.options import Role
from penstock.base.topics import Topics
from penstock.runtime.once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.admission.review import Scope
    from penstock.base.clock import Clock
    from penstock.base.settings import Settings
    from penstock.cluster.client import ApiCluster
    from penstock.cluster.events import ClusterEvents
    from penstock.queue.folder import FolderQueue
    from penstock.queue.leased import LeasedClaims
    from penstock.queue.pubsub import PubSubQueue
    from penstock.queue.queue import DeadLetters, Queue
    from penstock.runtime.gate import Gate
    from penstock.runtime.identity import Identity
    from penstock.runtime.metrics import PrometheusMetrics
    from penstock.source.fetchers.git import GitFetcher
    from penstock.store.artifacts import Artifacts
    from penstock.store.baselines import Baselines
    from penstock.store.bucket import Bucket
    from penstock.store.records import Records
    from penstock.store.runs import Runs
    from penstock.store.ticks import Ticks
    from penstock.tools.upstream import Upstream

_HELPERS = 2
"""Builds at once; more only make each other wait for the processor."""
_MARGIN_S = 3.0
"""Between the end of the work and that of the process, when it is told to stop."""


class Wiring:
    """The parts of one process. Threads may share it."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        stream: TextIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.environ = environ
        self.clock: Clock = clock or SystemClock()
        self.stop = Stop()
        """Told when this process is to end; every run looks at it."""
        self.masker = Masker(*settings.secrets(), *self.hook_parts)
        stream = stream or sys.stderr
        text = {LogFormat.TEXT: True, LogFormat.JSON: False}.get(settings.log_format, stream.isatty())
        self.log = Log(self.masker, stream=stream, text=text, clock=self.clock)

    def tell_to_end(self) -> None:
        """Nothing new is begun, and what runs ends well before the process does. Takes no lock."""
        seconds = self.settings.stop_seconds
        self.stop.tell(self.clock, max(seconds - _MARGIN_S, seconds / 2))

    @property
    def tokens(self) -> tuple[str, ...]:
        """The bearer tokens that are accepted."""
        given = (self.settings.invoke_token, self.settings.invoke_token_previous)
        return tuple(secret.value for secret in given if secret)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The webhook secrets that are accepted."""
        given = (self.settings.webhook_secret, self.settings.webhook_secret_previous)
        return tuple(secret.value for secret in given if secret)

    @property
    def hook_parts(self) -> tuple[str, ...]:
        """The ends of the admission hook's path that are accepted: one for each of the tokens."""
        from penstock.admission.configuration import secret_part

        return tuple(secret_part(token) for token in self.tokens)

    @property
    def scope(self) -> Scope:
        """Whose changes the API server is to tell."""
        from penstock.admission.review import Scope

        return Scope(self.settings.namespaces, self.settings.watch_label_selector)

    @once
    def gate(self) -> Gate:
        """Who may come in with a bearer token: a static one, or one that Google signed."""
        from penstock.runtime.gate import Gate

        return Gate(self.tokens, self._identity() if self.settings.identity_audiences else None)

    def _identity(self) -> Identity:
        from penstock.runtime.identity import Identity, Trusted
        from penstock.runtime.issuerkeys import IssuerKeys

        settings, limits = self.settings, self.settings.limits
        keys = IssuerKeys(settings.identity_keys_url, self.clock, most_bytes=limits.identity_keys_bytes)
        trusted = Trusted(frozenset(settings.identity_audiences), frozenset(settings.identity_accounts))
        return Identity(trusted, keys, self.clock, limits.identity_token_bytes)

    @once
    def metrics(self) -> PrometheusMetrics:
        """What is counted and measured in this process."""
        from penstock.runtime.metrics import PrometheusMetrics

        return PrometheusMetrics(self.clock, self.settings.limits)

    @once
    def cluster(self) -> ApiCluster:
        """The home cluster; Terminal if the kubeconfig cannot be used."""
        from penstock.cluster.connect import open_cluster

        given = self.settings
        return open_cluster(given.kubeconfig, given.context, self.environ, self.masker, given.limits)

    @once
    def events(self) -> ClusterEvents:
        """Where events go."""
        from penstock.cluster.events import ClusterEvents

        return ClusterEvents(self.cluster, self.log, self.masker)

    @once
    def bucket(self) -> Bucket:
        """The bucket; BucketFailed if it is a cloud's and there are no credentials."""
        place, most_bytes = self.settings.bucket, self.settings.limits.bucket_object_bytes
        if place is None:
            raise ValueError(f"{self.settings.role} was started without a bucket")
        if isinstance(place, CloudBucket):
            from penstock.store.gcs import GcsBucket

            return GcsBucket(place, self.environ, most_bytes=most_bytes)
        from penstock.store.folder import FolderBucket

        return FolderBucket(place, most_bytes=most_bytes)

    @once
    def artifacts(self) -> Artifacts:
        """The artifacts in the bucket."""
        from penstock.runtime.measured import MeasuredBucket
        from penstock.store.artifacts import Artifacts

        return Artifacts(MeasuredBucket(self.bucket, self.metrics), self.settings.limits)

    @once
    def records(self) -> Records:
        """The records of this cluster; asks it who it is."""
        from penstock.store.records import Records

        return Records(self.bucket, self.cluster.identity)

    @once
    def runs(self) -> Runs:
        """The run records of this cluster."""
        from penstock.store.runs import Runs

        return Runs(self.bucket, self.cluster.identity, keep_count=self.settings.run_keep_count)

    @once
    def ticks(self) -> Ticks:
        """When the last tick of this deployment was."""
        from penstock.store.ticks import Ticks

        settings = self.settings
        return Ticks(self.bucket, self.cluster.identity, settings.namespaces, settings.watch_label_selector)

    @once
    def baselines(self) -> Baselines | None:
        """What full passes left; None if every look is to be one."""
        from penstock.store.baselines import Baselines

        return Baselines(self.bucket, self.cluster.identity) if self.settings.full_pass_seconds else None

    @once
    def claims(self) -> LeasedClaims:
        """Who works on which source."""
        from penstock.runtime.claiming import claims_of

        return claims_of(self)

    @once
    def upstream(self) -> Upstream:
        """The Go helper, built first if it is neither given nor in the cache."""
        from penstock.tools.upstream import ToolMissing, Upstream, program

        given, limits = self.settings.upstream_binary, self.settings.limits
        upstream = Upstream(program(given), limits, processes=_HELPERS, clock=self.clock, stop=self.stop)
        if given is not None:
            try:
                upstream.check()
            except ToolMissing as error:
                raise SettingsError(
                    f"PENSTOCK_UPSTREAM_BINARY ({given}): {error.message}; name another, or leave it out"
                ) from None
        return upstream

    @once
    def fetcher(self) -> GitFetcher:
        """What brings commits from Git servers."""
        from penstock.runtime.latesemver import LateSemver
        from penstock.source.fetchers.git import GitFetcher
        from penstock.tools.git import Git

        limits = self.settings.limits
        return GitFetcher(Git(limits), LateSemver(self), limits)

    @once
    def folder_queue(self) -> FolderQueue:
        """The queue in a folder."""
        from penstock.queue.folder import FolderQueue

        settings = self.settings
        if not isinstance(settings.queue, Path):
            raise ValueError(  # noqa: TRY004 - a wrong setting, not a wrong type
                f"{settings.role} was started without a queue"
            )
        return FolderQueue(
            settings.queue,
            clock=self.clock,
            most_items=settings.limits.queue_items,
            most_attempts=settings.attempts,
        )

    @once
    def pubsub_queue(self) -> PubSubQueue:
        """The queue in Pub/Sub."""
        from penstock.queue.pubsub import PubSubQueue
        from penstock.runtime.handing import ANSWER_S

        settings = self.settings
        if not isinstance(settings.queue, Topics):
            raise ValueError(f"{settings.role} was started without Pub/Sub")  # noqa: TRY004 - likewise
        timeout_s = settings.handover_seconds if settings.role is Role.WEBHOOK else ANSWER_S
        return PubSubQueue(settings.queue, limits=settings.limits, timeout_s=timeout_s, environ=self.environ)

    @property
    def dead_letters(self) -> DeadLetters:
        """Where messages go that are given up; there is a queue."""
        return self.folder_queue if isinstance(self.settings.queue, Path) else self.pubsub_queue

    @once
    def queue(self) -> Queue:
        """Where work is handed on: the queue in a folder or in Pub/Sub, else the next function's URL."""
        from penstock.runtime.handing import at_urls

        if self.settings.queue is not None:
            return self.folder_queue if isinstance(self.settings.queue, Path) else self.pubsub_queue
        return at_urls(self.settings)

    @once
    def prompt_queue(self) -> Queue:
        """The queue, for whoever has to answer at once: of a function at a URL no answer is waited for."""
        from penstock.runtime.handing import prompt

        return prompt(self.queue)

    def close(self) -> None:
        """Lets go of what was made; no work may be under way."""
        for name in ("upstream", "folder_queue", "pubsub_queue"):
            part = self.__dict__.get(name)
            if part is not None:
                part.close()
