"""What Flux's kinds have in common: metadata, conditions, artifacts and references.

Source: fluxcd/pkg apis/meta and metav1 of Kubernetes; contract C1, C5, C8.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from penstock.api.fields import Int64, Model, Rule, Time, about
from penstock.base.structs import learn

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
FINALIZER = "finalizers.fluxcd.io"
APPROVE_ANNOTATION = "penstock.dev/approve"
"""The revision whose held deletions a person lets go ahead."""

DIGEST = r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"
_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
_LABEL = r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
_CONDITION_TYPE = rf"^{_LABEL}(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"


class ObjectMeta(Model, frozen=True, kw_only=True):
    """The part of metadata that penstock reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    annotations: Mapping[str, str] = msgspec.field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: str = ""
    deletion_timestamp: str = ""

    @property
    def requested_at(self) -> str:
        """The opaque token of the last reconcile request, empty if there was none (C1)."""
        return self.annotations.get(REQUESTED_AT, "")


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Model, frozen=True, kw_only=True):
    """One aspect of an object's state at the time it was last looked at."""

    type: Annotated[
        str,
        Meta(pattern=_CONDITION_TYPE, max_length=316),
        about("Name of the aspect, in CamelCase, with a domain in front if it is not a common one."),
    ]
    status: Annotated[ConditionStatus, about("Whether the condition holds: True, False or Unknown.")]
    reason: Annotated[
        str,
        Meta(pattern=_REASON, min_length=1, max_length=1024),
        about("A CamelCase word for programs: why the condition last changed."),
    ]
    message: Annotated[
        str, Meta(max_length=32768), about("The same for people: what happened. May be empty.")
    ]
    last_transition_time: Annotated[Time, about("When status, reason or message last changed.")]
    observed_generation: Annotated[
        Int64,
        Meta(ge=0),
        about("The metadata.generation that was looked at; a lower one than the object's is out of date."),
    ] = 0


class Status(Model, frozen=True, kw_only=True):
    """What the status of every reconciled kind has."""

    conditions: Annotated[
        tuple[Condition, ...],
        about("The aspects of the object's state: Ready, Reconciling, Stalled and more."),
    ] = ()
    observed_generation: Annotated[
        Int64, about("The metadata.generation that was last reconciled to its end; -1 before the first.")
    ] = 0
    last_handled_reconcile_at: Annotated[
        str, about(f"The value of the annotation {REQUESTED_AT} that was last answered.")
    ] = ""


class Artifact(Model, frozen=True, kw_only=True):
    """A stored archive of one revision of a source."""

    digest: Annotated[str, Meta(pattern=DIGEST), about("Checksum of the stored file, as algorithm:checksum.")]
    last_update_time: Annotated[Time, about("When the artifact was stored.")]
    path: Annotated[str, about("Where the file lies below the root of the artifact store.")]
    revision: Annotated[
        str, about("The revision in the words of its source: branch@sha1:commit, a tag, a chart version.")
    ]
    url: Annotated[str, about("Where those who consume the artifact find it.")]
    size: Annotated[Int64 | None, about("Size of the file in bytes.")] = None
    metadata: Annotated[
        Mapping[str, str], about("What the source says about the revision, for instance OCI annotations.")
    ] = msgspec.field(default_factory=dict)


class LocalObjectReference(Model, frozen=True):
    """An object in the same namespace."""

    name: Annotated[str, about("Name of the object.")]


class SecretKeyReference(Model, frozen=True, kw_only=True):
    """A Secret in the same namespace and a key in it."""

    name: Annotated[str, about("Name of the Secret.")]
    key: Annotated[str, about("Key in the Secret; what reads it has a default.")] = ""


class NamespacedObjectKindReference(Model, frozen=True, kw_only=True):
    """An object of any kind in any namespace."""

    kind: Annotated[str, about("Kind of the object.")]
    name: Annotated[str, about("Name of the object.")]
    api_version: Annotated[
        str, about("API version of the object; the cluster's preferred one if not given.")
    ] = ""
    namespace: Annotated[str, about("Namespace of the object; the referring one's if not given.")] = ""


class DependencyReference(Model, frozen=True, kw_only=True):
    """An object of the same kind that must be ready first, and how to tell."""

    name: Annotated[str, about("Name of the dependency.")]
    namespace: Annotated[str, about("Namespace of the dependency; the referring one's if not given.")] = ""
    ready_expr: Annotated[
        str, about("CEL expression over `self` and `dep` that takes the place of the check for readiness.")
    ] = ""


class KubeConfigReference(Model, frozen=True, kw_only=True):
    """How to reach another cluster: a kubeconfig in a Secret, or a cloud's own way in a ConfigMap."""

    RULES: ClassVar[tuple[Rule, ...]] = tuple(
        Rule(
            rule, "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"
        )
        for rule in (
            "has(self.configMapRef) || has(self.secretRef)",
            "!has(self.configMapRef) || !has(self.secretRef)",
        )
    )

    config_map_ref: Annotated[
        LocalObjectReference | None,
        about(
            "ConfigMap with the keys provider (aws, azure, gcp or generic), cluster, address, ca.crt, "
            "audiences and serviceAccountName. Excludes secretRef."
        ),
    ] = None
    secret_ref: Annotated[
        SecretKeyReference | None,
        about("Secret with a self-contained kubeconfig, in the key `value` if no other is named."),
    ] = None


class ResourceRef(Model, frozen=True, kw_only=True):
    """An applied object, as the inventory lists it (C7)."""

    id: Annotated[str, about("The object's name: <namespace>_<name>_<group>_<kind>.")]
    v: Annotated[str, about("The version of its API.")]


class ResourceInventory(Model, frozen=True, kw_only=True):
    """The objects that were applied and not pruned since."""

    entries: Annotated[tuple[ResourceRef, ...], about("One entry for each object.")]


class Snapshot(Model, frozen=True, kw_only=True):
    """All attempts to apply one set of objects that ended the same way."""

    digest: Annotated[str, about("Checksum of the objects, as algorithm:hex.")]
    first_reconciled: Annotated[Time, about("When this set was first attempted.")]
    last_reconciled: Annotated[Time, about("When it was last attempted.")]
    last_reconciled_duration: Annotated[str, about("How long the last attempt took, as a Go duration.")]
    last_reconciled_status: Annotated[str, about("The reason in which the attempts ended.")]
    total_reconciliations: Annotated[Int64, about("How many attempts there were.")]
    metadata: Annotated[
        Mapping[str, str], about("The revision of the source, and the origin's revision if there is one.")
    ] = msgspec.field(default_factory=dict)


learn(Artifact, ResourceInventory, Status)
