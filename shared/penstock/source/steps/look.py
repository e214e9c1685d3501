"""One look at a GitRepository: where its reference stands, the artifact if it is a new one, and the status.

Source: source-controller's Reconcile for the order. A look that finds nothing new costs one request to the
Git server and one to the bucket, and writes nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from penstock.api.meta import Artifact
from penstock.api.objects import uid
from penstock.api.unsupported import check_supported
from penstock.api.work import Outcome
from penstock.base.clock import rfc3339
from penstock.base.errors import PenstockError, Transient
from penstock.base.text import printable
from penstock.notify.event import Severity
from penstock.source.fetchers.port import GitSource, Shape
from penstock.source.reference import wanted
from penstock.source.status import (
    Failure,
    Note,
    Step,
    asking,
    building,
    config_changed,
    failed,
    failure_of,
    stored,
    stored_message,
    success_note,
)
from penstock.source.steps.including import included_artifacts, inclusions
from penstock.source.steps.login import log_in
from penstock.source.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.base.deadline import Budget
    from penstock.source.fetchers.port import Fetched
    from penstock.source.reference import Target
    from penstock.source.steps.ports import FetchPorts
    from penstock.source.steps.subject import Subject

_MESSAGE = 2048


class StepFailed(Exception):
    """A step failed in a way that belongs into the status."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Looked:
    """What a look came to, the artifact if it stored one, and the one that was there before; for how many
    seconds the server asked to be left alone. `author` and `subject` are those of the commit that was stored.
    """

    outcome: Outcome
    renewed: Artifact | None = None
    before: Artifact | None = None
    pause_s: float = 0.0
    author: str = ""
    subject: str = ""


class Look:
    """A look under way; `subject` is the object as it was last written."""

    def __init__(self, ports: FetchPorts, subject: Subject, budget: Budget) -> None:
        self._ports = ports
        self._subject = subject
        self._before = subject.repo()
        self._budget = budget
        self._since = ports.clock.monotonic()
        self._deadline = budget.deadline.sooner(self._before.spec.timeout_s)

    def run(self) -> Looked:
        """Look, write what came of it, tell of it. Moved if somebody else wrote meanwhile.

        Taken or ClaimLost, with nothing told, if storing it is another process's to do; OutOfTime if it would
        have had more time in another run.
        """
        try:
            return self._succeed()
        except StepFailed as error:
            budget = self._budget
            if budget.closing and (budget.stopped or not budget.whole(self._since)):
                raise budget.over(f"the look at {self._subject.ref} was cut short") from error
            return self._fail(error.failure)

    def _succeed(self) -> Looked:
        source = self._source()
        with _during(Step.INCLUDE):
            included = included_artifacts(self._ports, self._before)
        kept = self._kept_artifact()
        with _during(asking(self._before, source.want.kind), source.url.address):
            target = self._ports.fetcher.head(source)
        changed = config_changed(self._before, included)
        if kept is not None and kept.revision == str(target.revision) and not changed:
            return self._settle(kept, None, self._before.status.included_artifacts)
        # Only now: a look that finds nothing new writes nothing, so it needs no claim among processes.
        self._ports.claim.take(uid(self._subject.obj))
        lost = kept is None and self._before.status.artifact is not None
        self._announce(target, included, lost=lost)
        with _during(Step.FETCH, source.url.address):
            fetched = self._ports.fetcher.fetch(source, target, self._shape(included))
        self._ports.claim.check()
        return self._settle(self._store(fetched), fetched, included)

    def _source(self) -> GitSource:
        spec = self._before.spec
        with _during(Step.SPEC):
            check_supported(self._before)
            url, want = parse_url(spec.url), wanted(spec.ref)
        with _during(Step.LOGIN):
            login = log_in(self._ports, self._before, url)
        return GitSource(url, login, want, self._deadline)

    def _kept_artifact(self) -> Artifact | None:
        """The artifact of the status, if it is in the bucket as it was stored; with its address of today."""
        artifact, ref = self._before.status.artifact, self._subject.ref
        if artifact is None:
            return None
        with _during(Step.STORE):
            if not self._ports.artifacts.intact(
                artifact.path, artifact.digest, kind=ref.kind, namespace=ref.namespace, name=ref.name
            ):
                return None
            return msgspec.structs.replace(artifact, url=self._ports.artifacts.url(artifact.path))

    def _shape(self, included: Sequence[Artifact]) -> Shape:
        spec = self._before.spec
        includes = inclusions(self._ports, self._before, included)
        return Shape(spec.ignore, spec.sparse_checkout, spec.recurse_submodules, includes)

    def _announce(self, target: Target, included: Sequence[Artifact], *, lost: bool) -> None:
        """Show that an artifact is being made; from here on the status is ours or we stand down."""
        at, revision = self._subject.at(), str(target.revision)
        status = building(self._before, revision, at, lost=lost, included=included)
        self._subject = self._subject.with_status(self._before.status, status)

    def _store(self, fetched: Fetched) -> Artifact:
        ref, packed = self._subject.ref, fetched.packed
        with _during(Step.STORE):
            found = self._ports.artifacts.store(ref.kind, ref.namespace, ref.name, packed.data, packed.files)
        return Artifact(
            digest=found.digest,
            last_update_time=rfc3339(self._ports.clock.now()),
            path=found.key,
            revision=str(fetched.revision),
            url=found.url,
            size=found.size,
        )

    def _settle(self, artifact: Artifact, fetched: Fetched | None, included: tuple[Artifact, ...]) -> Looked:
        repo = self._subject.repo()
        asked = repo.metadata.requested_at not in {"", repo.status.last_handled_reconcile_at}
        status = stored(repo, artifact, self._subject.at(), included=included)
        self._subject = self._subject.with_status(repo.status, status)
        note = success_note(self._before, artifact, self._clean(fetched.subject) if fetched else None)
        if note is None and fetched is None and asked:
            text = f"no changes since last reconciliation: observed revision '{artifact.revision}'"
            note = Note(Severity.TRACE, "GitOperationSucceeded", text, {})
        if note is not None:
            self._subject.emit(note)
        outcome = Outcome(True, stored_message(artifact.revision), "Succeeded", artifact.revision)
        if fetched is None:
            return Looked(outcome, None, self._before.status.artifact)
        author, subject = self._clean(fetched.author), self._clean(fetched.subject)
        return Looked(outcome, artifact, self._before.status.artifact, author=author, subject=subject)

    def _fail(self, failure: Failure) -> Looked:
        failure = replace(failure, message=self._clean(failure.message))
        repo = self._subject.repo()
        status = failed(repo, failure, self._subject.at())
        self._subject = self._subject.with_status(repo.status, status)
        self._subject.emit(Note(failure.severity, failure.reason, failure.message, {}))
        outcome = Outcome(False, failure.message, failure.reason)
        return Looked(outcome, before=self._before.status.artifact, pause_s=failure.pause_s)

    def _clean(self, text: str) -> str:
        return printable(self._ports.masker.mask(text), _MESSAGE)


@contextmanager
def _during(step: Step, address: str = "") -> Iterator[None]:
    """Errors of a step as its failure."""
    try:
        yield
    except PenstockError as error:
        pause_s = (error.retry_after or 0.0) if isinstance(error, Transient) else 0.0
        raise StepFailed(replace(failure_of(error, step, address), pause_s=pause_s)) from error
