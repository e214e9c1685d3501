"""What spec.include names: the artifacts of other GitRepositories, and who includes one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.api.gitrepository import GROUP, KIND, GitRepository, decode
from penstock.api.objects import labels_of
from penstock.api.refs import ObjectRef, git_repository
from penstock.api.work import Function, WorkItem
from penstock.base.errors import LimitExceeded, Terminal, Transient
from penstock.cluster.served import list_served
from penstock.source.artifact import check_pointer
from penstock.source.include import IncludeRefused, inclusion
from penstock.source.includers import include_problem, includes
from penstock.store.artifacts import ArtifactMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.meta import Artifact
    from penstock.api.objects import Json
    from penstock.source.include import Inclusion
    from penstock.source.steps.ports import FetchPorts


class IncludeUnavailable(Transient):
    """An included GitRepository is not there, or has nothing to include yet."""

    reason = "NotFound"


def included_artifacts(ports: FetchPorts, repo: GitRepository) -> tuple[Artifact, ...]:
    """The artifacts of spec.include as they are now, in its order; IncludeUnavailable in Flux's words."""
    found = [_included(ports, repo, one.repository.name) for one in repo.spec.include]
    if found:
        _check_circle(ports, repo, (repo.metadata.name,), {repo.metadata.name: found})
    for one in found:
        if one.status.artifact is None:
            why = f"no artifact available for include '{one.metadata.name}'"
            raise IncludeUnavailable(why, reason="NoArtifact")
    return tuple(one.status.artifact for one in found if one.status.artifact is not None)


def inclusions(
    ports: FetchPorts, repo: GitRepository, artifacts: Sequence[Artifact]
) -> tuple[Inclusion, ...]:
    """spec.include with what its artifacts hold, which is read when it is needed."""
    return tuple(
        inclusion(one, partial(_load, ports, repo.metadata.namespace, one.repository.name, artifact))
        for one, artifact in zip(repo.spec.include, artifacts, strict=True)
    )


def tell_includers(ports: FetchPorts, ref: ObjectRef) -> None:
    """Have those looked at that include a GitRepository which has a new artifact.

    Where there is no queue for that, the tick finds them.
    """
    found = list_served(ports.cluster, git_repository("", ""), (ref.namespace,), ports.log)
    for obj in found:
        if not includes(obj, ref.name) or not ports.selector.matches(labels_of(obj)):
            continue
        other = ObjectRef.from_object(obj)
        try:
            ports.queue.put(
                WorkItem(Function.FETCH, KIND, other.namespace, other.name, "included artifact changed")
            )
        except Terminal as error:
            ports.log.info("left to the tick", object=str(other), error=error.message)


def _included(ports: FetchPorts, repo: GitRepository, name: str) -> GitRepository:
    problem = f"could not get resource for include '{name}'"
    try:
        obj = ports.cluster.get(git_repository(repo.metadata.namespace, name))
    except Terminal as error:
        raise IncludeUnavailable(f"{problem}: {error.message}") from None
    if obj is None:
        raise IncludeUnavailable(f'{problem}: {KIND}.{GROUP} "{name}" not found')
    return _read(obj)


def _read(obj: Json) -> GitRepository:
    """The object; of one whose spec cannot be read what its status says, which is all that counts here."""
    try:
        return decode(obj)
    except Terminal as error:
        raise IncludeUnavailable(error.message, reason="NoArtifact") from None


def _check_circle(
    ports: FetchPorts,
    repo: GitRepository,
    way: tuple[str, ...],
    known: dict[str, list[GitRepository]],
) -> None:
    """Raise IncludeUnavailable for includes that lead back: each would hold the other, which holds it."""
    for one in known[way[-1]]:
        name = one.metadata.name
        if name in way:
            raise IncludeUnavailable(include_problem((*way[way.index(name) :], name)), reason="IncludeCycle")
        if name in known:
            continue
        if len(known) > ports.limits.includes:
            many = f"spec.include leads to more than {ports.limits.includes} GitRepositories"
            raise LimitExceeded(many, limit="includes")
        further = (_peek(ports, repo, inner.repository.name) for inner in one.spec.include)
        known[name] = [found for found in further if found is not None]
        _check_circle(ports, repo, (*way, name), known)


def _peek(ports: FetchPorts, repo: GitRepository, name: str) -> GitRepository | None:
    """One further along; if it is not there, that is for those to say who include it."""
    try:
        return _included(ports, repo, name)
    except IncludeUnavailable:
        return None


def _load(ports: FetchPorts, namespace: str, name: str, artifact: Artifact) -> bytes:
    try:
        check_pointer(artifact.path, artifact.digest, kind=KIND, namespace=namespace, name=name)
        return ports.artifacts.load(artifact.path, artifact.digest)
    except (ArtifactMissing, Terminal) as error:
        raise IncludeRefused(f"failed to copy '{name}' include: {error.message}") from None
