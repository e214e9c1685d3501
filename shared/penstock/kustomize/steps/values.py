"""The ConfigMaps and Secrets that variables come from, read once for many Kustomizations."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from penstock.api.kustomization import SubstituteKind
from penstock.api.refs import ObjectRef
from penstock.cluster.errors import Refused
from penstock.kustomize.variables import values_of, variables

if TYPE_CHECKING:
    from penstock.api.kustomization import Kustomization
    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.limits import Limits
    from penstock.base.masking import Masker
    from penstock.cluster.port import Cluster
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.variables import Variables

_FRESH_S = 5.0
"""How long what was read is good for, if nothing is written meanwhile."""


class ValuePorts(Protocol):
    """What the ports of a flow need to have, for values to be read through them."""

    @property
    def cluster(self) -> Cluster:
        """Where the ConfigMaps and Secrets are."""
        ...

    @property
    def masker(self) -> Masker:
        """Learns the values of Secrets."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells when what was read is too old."""
        ...

    @property
    def limits(self) -> Limits:
        """How large they may be."""
        ...

    @property
    def strict_substitutions(self) -> bool:
        """Whether a variable that nothing gives is an error."""
        ...


class Values:
    """Gives Kustomizations their variables; every value of a Secret is masked from then on.

    `strict` and `most_bytes` are those of penstock.kustomize.variables. Threads may share it.
    """

    def __init__(
        self, cluster: Cluster, masker: Masker, clock: Clock, *, strict: bool, most_bytes: int
    ) -> None:
        self._cluster = cluster
        self._masker = masker
        self._clock = clock
        self._strict = strict
        self._most_bytes = most_bytes
        self._found: dict[ObjectRef, tuple[float, Json | Refused | None]] = {}
        self._reading: dict[ObjectRef, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, model: Kustomization) -> Variables | None:
        """The variables of a Kustomization, None if it puts none in.

        What the API server refuses is a problem among them; raised is what may be different soon, and
        LimitExceeded.
        """
        spec, namespace = model.spec.post_build, model.metadata.namespace
        if spec is None:
            return None
        refs = (ObjectRef("", "v1", one.kind.value, namespace, one.name) for one in spec.substitute_from)
        found = [self._get(ref) for ref in refs]
        return variables(spec, found, strict=self._strict, most_bytes=self._most_bytes)

    def forget(self) -> None:
        """After something was written: it may be one of them."""
        with self._lock:
            self._found = {}

    def _get(self, ref: ObjectRef) -> Json | Refused | None:
        with self._lock:
            reading = self._reading.setdefault(ref, threading.Lock())
        with reading:
            now = self._clock.monotonic()
            with self._lock:
                known = self._found
                at, obj = known.get(ref, (None, None))
            if at is None or now - at > _FRESH_S:
                obj = self._read(ref)
                known[ref] = (now, obj)
            return obj

    def _read(self, ref: ObjectRef) -> Json | Refused | None:
        try:
            obj = self._cluster.get(ref)
        except Refused as refused:
            return refused
        if obj is not None and ref.kind == SubstituteKind.SECRET:
            values = [
                value.decode(errors="replace") for value in values_of(SubstituteKind.SECRET, obj).values()
            ]
            self._masker.learn(*values, *(value.replace("\n", "") for value in values))
        return obj


def values_through(ports: ValuePorts) -> Values:
    """Where the variables of a run come from."""
    return Values(
        ports.cluster,
        ports.masker,
        ports.clock,
        strict=ports.strict_substitutions,
        most_bytes=ports.limits.variable_bytes,
    )


def variables_of(run: Run, values: Values) -> Variables | None:
    """The variables of a run: what was read first holds to its end."""
    if run.variables is None:
        run.variables = values.of(run.model)
    return run.variables
