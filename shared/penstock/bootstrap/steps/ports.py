"""What the flow of bootstrap needs of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.base.masking import Masker
    from penstock.bootstrap.steps.problems import Login
    from penstock.client.telling import Tell
    from penstock.cluster.port import Cluster
    from penstock.forge.port import Forge, Repository
    from penstock.kustomize.built import BuildResult
    from penstock.source.credentials import Credentials
    from penstock.source.url import RepositoryURL
    from penstock.tools.git import Git


class Builder(Protocol):
    """Builds with kustomize; penstock.tools.upstream has the real one."""

    def build(self, tree: Mapping[str, bytes], path: str) -> BuildResult:
        """The objects of a folder of these files, as its kustomization file says."""
        ...


@dataclass(frozen=True)
class Ports:
    """The ports. `ask` puts a question to the person, and raises unless the answer is yes.

    `apply` applies objects as `flux install` does, CRDs and Namespaces first; `look` has the functions look
    at an object now, and is None where it is not known how to ask them; `hook` puts the admission hook into
    the cluster and tells what came of it; None where that cannot be done from here.
    """

    cluster: Cluster
    git: Git
    builder: Builder
    apply: Callable[[Sequence[Json], Deadline], None]
    scan: Callable[[str, int, Deadline], bytes]
    look: Callable[[ObjectRef], None] | None
    hook: Callable[[Tell], None] | None
    ask: Callable[[str], None]
    tell: Tell
    masker: Masker
    limits: Limits
    pause: Callable[[float], None]
    deadline: Deadline


@dataclass(frozen=True)
class Origin:
    """The repository: where it is cloned from and how, where the cluster follows it, and its forge, if any.

    `made`: it was made just now, so that its default branch is still to be set.
    """

    url: RepositoryURL
    credentials: Credentials
    login: Login
    sync_url: str
    forge: Forge | None = None
    repository: Repository | None = None
    made: bool = False
