"""A peer with what it works on: its processes, its namespace, its repository; relays count for it."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from penstock.api.meta import REQUESTED_AT
from penstock.tools.controlplane.probe import free_ports
from prometheus_client.parser import text_string_to_metric_families

from bench import fleets
from bench.beside.flux import DEFAULT, TUNED, Flux, Ports
from bench.beside.peers import KUSTOMIZE
from bench.beside.peers import SOURCE as SOURCE_CONTROLLER
from bench.beside.penstock import Penstock, delivery
from bench.measure.relay import LOCAL, RelayProcess
from bench.samples import Flags, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.beside.yard import Yard
    from bench.fleets import Editions, Json, Shape
    from tests.fixtures_git import WorkingCopy

_TMPFS = Path("/dev/shm")  # noqa: S108 - there is no other way to name memory
_READ = ("penstock_artifact_bytes_total", "read")
_tokens = itertools.count(1)
_NO_COMMIT = "0" * 40


class Engine(Protocol):
    """A peer's processes, and the two ways in which something reaches them from outside."""

    agents: frozenset[str]
    """The programs as the API server knows them."""

    @property
    def roots(self) -> tuple[int, ...]:
        """Its processes."""
        ...

    @property
    def read_bytes(self) -> int:
        """Bytes of artifacts that it has read so far."""
        ...

    def must_run(self) -> None:
        """AssertionError if one of its processes has ended by itself."""
        ...

    def told_of_push(self, side: Side, before: str, after: str) -> None:
        """What comes of a push at once: Flux's Receiver annotates the source, GitHub calls penstock."""
        ...

    def nudge(self) -> None:
        """What a scheduler does for penstock; Flux has watches."""
        ...

    def close(self) -> None:
        """Ends the processes."""
        ...


class FluxEngine:
    """Both controllers; a relay counts what kustomize-controller gets of source-controller."""

    agents = frozenset({SOURCE_CONTROLLER, KUSTOMIZE})

    def __init__(self, yard: Yard, programs: Mapping[str, Path], namespace: str, flags: Flags) -> None:
        given = TUNED if flags is Flags.TUNED else DEFAULT
        with ExitStack() as opening:
            folder = yard.folder / namespace
            if given.on_tmpfs and _TMPFS.is_dir():
                folder = Path(opening.enter_context(tempfile.TemporaryDirectory(dir=_TMPFS)))
            (storage,) = free_ports(1)
            self._relay = opening.enter_context(RelayProcess(storage))
            ports = Ports(storage, self._relay.port)
            kubeconfig = yard.plane.kubeconfig
            self.flux = opening.enter_context(
                Flux(programs, kubeconfig, folder, namespace, flags=given, ports=ports)
            )
            self._open = opening.pop_all()

    @property
    def roots(self) -> tuple[int, ...]:
        """See Engine."""
        return tuple(process.pid for process in self.flux.processes)

    @property
    def read_bytes(self) -> int:
        """See Engine."""
        return self._relay.fetched

    def must_run(self) -> None:
        """See Engine."""
        for process in self.flux.processes:
            process.must_run()

    def told_of_push(self, side: Side, before: str, after: str) -> None:
        """See Engine."""
        del before, after
        side.annotate_source()

    def nudge(self) -> None:
        """See Engine."""

    def close(self) -> None:
        """See Engine."""
        self._open.close()


class PenstockEngine:
    """`penstock serve`; it says itself what it reads of its bucket."""

    agents = frozenset({"penstock"})

    def __init__(self, yard: Yard, namespace: str) -> None:
        self.folder = yard.folder / namespace
        self.penstock = Penstock(yard.plane.kubeconfig, self.folder, namespace)

    @property
    def roots(self) -> tuple[int, ...]:
        """See Engine."""
        return tuple(process.pid for process in self.penstock.processes)

    @property
    def read_bytes(self) -> int:
        """See Engine."""
        return read_bytes(self.penstock.metrics())

    def must_run(self) -> None:
        """See Engine."""
        for process in self.penstock.processes:
            process.must_run()

    def told_of_push(self, side: Side, before: str, after: str) -> None:
        """See Engine."""
        status = self.penstock.push(delivery(side.url, before, after))
        assert status == HTTPStatus.ACCEPTED, f"the delivery was answered with {status}"

    def nudge(self) -> None:
        """See Engine."""
        status = self.penstock.tick()
        assert status == HTTPStatus.ACCEPTED, f"the tick was answered with {status}"

    def close(self) -> None:
        """See Engine."""
        self.penstock.__exit__()


def read_bytes(metrics: str) -> int:
    """The bytes of artifacts that were read, in Prometheus' text; 0 if nothing was yet."""
    families = text_string_to_metric_families(metrics)
    found = (one for family in families for one in family.samples)
    return int(sum(one.value for one in found if (one.name, one.labels.get("direction")) == _READ))


class Side:
    """One peer on one fleet, in a namespace and with a repository of its own; the files are everybody's."""

    def __init__(self, yard: Yard, shape: Shape, peer: Peer, flags: Flags, engine: Engine) -> None:
        self.yard, self.shape, self.peer, self.flags, self.engine = yard, shape, peer, flags, engine
        self.name = peer.value if flags is Flags.DEFAULT else f"{peer} {flags}"
        self.namespace = namespace_of(shape, peer, flags)
        self.editions: Editions = {}
        self.copy: WorkingCopy = yard.repository(self.namespace)
        address = urlsplit(self.copy.url)
        self._relay = RelayProcess(int(address.port or 0))
        self.url = f"http://{LOCAL}:{self._relay.port}{address.path}"
        self._before = _NO_COMMIT
        self.commit = self.copy.publish(fleets.first_files(shape).files)

    @property
    def roots(self) -> tuple[int, ...]:
        """The peer's own processes."""
        return self.engine.roots

    @property
    def fetched(self) -> int:
        """Bytes that came from the Git server, and of artifacts."""
        return self._relay.fetched + self.engine.read_bytes

    @property
    def revision(self) -> str:
        """What a Kustomization says once it stands at the last commit."""
        return f"main@sha1:{self.commit}"

    def push(self, change: fleets.Change) -> None:
        """Commits and pushes; nobody is told."""
        self._before, self.editions = self.commit, change.editions
        self.commit = self.copy.publish(change.files)

    def tell(self) -> None:
        """Tells the peer of the push."""
        self.engine.told_of_push(self, self._before, self.commit)

    def annotate_source(self) -> None:
        """What Flux's Receiver does."""
        annotations = {REQUESTED_AT: token()}
        patch = {"metadata": {"annotations": annotations}}
        self.yard.kube.merge(self.path("GitRepository"), patch)

    def path(self, kind: str, name: str = "") -> str:
        """The API path of the source, or of a Kustomization, or of all of them."""
        if kind == "GitRepository":
            prefix, name = "/apis/source.toolkit.fluxcd.io/v1", name or fleets.SOURCE
        else:
            prefix = "/apis/kustomize.toolkit.fluxcd.io/v1"
        plural = "gitrepositories" if kind == "GitRepository" else "kustomizations"
        return f"{prefix}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def create(self) -> None:
        """The source, then all Kustomizations, as somebody would who applies a file."""
        post = self.yard.kube.post
        post(self.path("GitRepository").rpartition("/")[0], fleets.source(self.namespace, self.url))
        for obj in fleets.consumers(self.shape, self.namespace):
            post(self.path("Kustomization"), obj)

    @property
    def consumer_paths(self) -> list[str]:
        """The API paths of all Kustomizations."""
        return [self.path("Kustomization", name) for name in fleets.kustomizations(self.shape)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self._relay.__exit__()


def namespace_of(shape: Shape, peer: Peer, flags: Flags) -> str:
    """The namespace of a side, after which everything else of it is named."""
    return f"{shape.name}-{peer}-{flags}"


def open_side(yard: Yard, programs: Mapping[str, Path], shape: Shape, peer: Peer, flags: Flags) -> Side:
    """A side with its processes running and its repository pushed, and nothing in the cluster yet."""
    namespace = yard.namespace(namespace_of(shape, peer, flags))
    if peer is Peer.FLUX:
        return Side(yard, shape, peer, flags, FluxEngine(yard, programs, namespace, flags))
    return Side(yard, shape, peer, flags, PenstockEngine(yard, namespace))


def token() -> str:
    """A request to reconcile that is none of those before."""
    return f"bench-{next(_tokens)}"


def spec_patch(interval: str) -> Json:
    """Sets the interval of a Flux object."""
    return {"spec": {"interval": interval}}
