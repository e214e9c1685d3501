"""Kustomization of kustomize.toolkit.fluxcd.io/v1: every field of it.

Source: contract section 4; fluxcd/kustomize-controller api/v1 for what an absent field means.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from penstock.api.crd import AGE_READY_STATUS, Definition
from penstock.api.fields import Duration, Model, about, check_durations
from penstock.api.kustomize import CustomHealthCheck, IgnoreRule, Image, Patch
from penstock.api.meta import (
    DependencyReference,
    KubeConfigReference,
    LocalObjectReference,
    NamespacedObjectKindReference,
    ResourceInventory,
    Snapshot,
    Status,
)
from penstock.api.objects import Json
from penstock.api.refs import ObjectRef
from penstock.api.resource import Resource, decode_as
from penstock.base.duration import parse_duration
from penstock.base.structs import learn

GROUP = "kustomize.toolkit.fluxcd.io"
VERSION = "v1"
KIND = "Kustomization"
HISTORY_SIZE = 5

# Flux keeps half a minute of the interval for itself, and never works with less than that.
_TIMEOUT_MARGIN_S = 30.0


class SourceKind(StrEnum):
    """The kinds whose artifacts can be applied."""

    OCI_REPOSITORY = "OCIRepository"
    GIT_REPOSITORY = "GitRepository"
    BUCKET = "Bucket"
    EXTERNAL_ARTIFACT = "ExternalArtifact"


class DeletionPolicy(StrEnum):
    """What becomes of the applied objects when the Kustomization is deleted."""

    MIRROR_PRUNE = "MirrorPrune"
    DELETE = "Delete"
    WAIT_FOR_TERMINATION = "WaitForTermination"
    ORPHAN = "Orphan"


class BuildMetadata(StrEnum):
    """Annotations with which kustomize says where objects came from."""

    ORIGIN_ANNOTATIONS = "originAnnotations"
    TRANSFORMER_ANNOTATIONS = "transformerAnnotations"


class DecryptionProvider(StrEnum):
    """The tools that files can be encrypted with."""

    SOPS = "sops"


class SubstituteStrategy(StrEnum):
    """When variables are substituted."""

    WITH_VARIABLES = "WithVariables"
    ALWAYS = "Always"


class SubstituteKind(StrEnum):
    """The kinds that variables can come from."""

    SECRET = "Secret"  # noqa: S105 - the name of a kind
    CONFIG_MAP = "ConfigMap"


class CrossNamespaceSourceReference(Model, frozen=True, kw_only=True):
    """A source in this namespace or another."""

    kind: Annotated[SourceKind, about("Kind of the source.")]
    name: Annotated[str, about("Name of the source.")]
    namespace: Annotated[str, about("Namespace of the source; the Kustomization's own if not given.")] = ""
    api_version: Annotated[str, about("API version of the source.")] = ""


class CommonMetadata(Model, frozen=True, kw_only=True):
    """Labels and annotations that are put on every object, over what it has."""

    labels: Annotated[Mapping[str, str], about("The labels.")] = msgspec.field(default_factory=dict)
    annotations: Annotated[Mapping[str, str], about("The annotations.")] = msgspec.field(default_factory=dict)


class Decryption(Model, frozen=True, kw_only=True):
    """How encrypted files are read."""

    provider: Annotated[DecryptionProvider, about("The tool that they were encrypted with.")]
    secret_ref: Annotated[LocalObjectReference | None, about("Secret with the private keys.")] = None
    service_account_name: Annotated[
        str, about("ServiceAccount that logs in to a cloud's key service; keys in the Secret win over it.")
    ] = ""


class SubstituteReference(Model, frozen=True, kw_only=True):
    """A ConfigMap or Secret whose keys are variables."""

    kind: Annotated[SubstituteKind, about("ConfigMap or Secret.")]
    name: Annotated[str, Meta(min_length=1, max_length=253), about("Its name, in the same namespace.")]
    optional: Annotated[bool, about("Whether it may be missing.", default=False)] = False


class PostBuild(Model, frozen=True, kw_only=True):
    """What is done to the objects after the build: variables get their values."""

    substitute: Annotated[
        Mapping[str, str], about("Variables and their values; expressions of bash with defaults work, too.")
    ] = msgspec.field(default_factory=dict)
    substitute_from: Annotated[
        tuple[SubstituteReference, ...], about("ConfigMaps and Secrets with further variables.")
    ] = ()
    substitute_strategy: Annotated[
        SubstituteStrategy,
        about("WithVariables, the default, does nothing where no variable is defined; Always does not ask."),
    ] = SubstituteStrategy.WITH_VARIABLES


class KustomizationSpec(Model, frozen=True, kw_only=True):
    """A directory of a source, how it is built, and how the result is applied."""

    source_ref: Annotated[CrossNamespaceSourceReference, about("The source whose artifact is applied.")]
    interval: Annotated[Duration, about("How often the objects are checked without being told to.")]
    prune: Annotated[bool, about("Whether objects that left the source are deleted.")]
    retry_interval: Annotated[
        Duration | None, about("How soon a failure is tried again; the interval if not given.")
    ] = None
    timeout: Annotated[
        Duration | None,
        about(
            "How long one run may take, waiting for health included; 30s less than the interval if not given."
        ),
    ] = None
    path: Annotated[
        str,
        about("Directory in the artifact; its root if not given. A kustomization.yaml is made if missing."),
    ] = ""
    suspend: Annotated[bool, about("Leave this object alone until it is resumed.")] = False
    target_namespace: Annotated[
        str, Meta(min_length=1, max_length=63), about("Namespace that every object is put into.")
    ] = ""
    name_prefix: Annotated[
        str, Meta(min_length=1, max_length=200), about("Text in front of every object's name.")
    ] = ""
    name_suffix: Annotated[
        str, Meta(min_length=1, max_length=200), about("Text behind every object's name.")
    ] = ""
    common_metadata: Annotated[CommonMetadata | None, about("Labels and annotations for every object.")] = (
        None
    )
    images: Annotated[tuple[Image, ...], about("Images to replace.")] = ()
    patches: Annotated[tuple[Patch, ...], about("Changes to the built objects.")] = ()
    components: Annotated[tuple[str, ...], about("Paths of kustomize components to add.")] = ()
    ignore_missing_components: Annotated[
        bool, about("Whether components that the source does not have are passed over.")
    ] = False
    build_metadata: Annotated[
        tuple[BuildMetadata, ...], about("Annotations of kustomize about where objects came from.")
    ] = ()
    post_build: Annotated[PostBuild | None, about("What is done to the objects after the build.")] = None
    decryption: Annotated[Decryption | None, about("How encrypted files are read.")] = None
    depends_on: Annotated[
        tuple[DependencyReference, ...], about("Kustomizations that must be ready before this one runs.")
    ] = ()
    wait: Annotated[
        bool,
        about("Whether a run lasts until every applied object is healthy; healthChecks are then unused."),
    ] = False
    health_checks: Annotated[tuple[NamespacedObjectKindReference, ...], about("Objects to wait for.")] = ()
    health_check_exprs: Annotated[
        tuple[CustomHealthCheck, ...], about("How to tell the health of custom kinds.")
    ] = ()
    force: Annotated[
        bool,
        about("Whether an object is deleted and made anew when a field cannot be changed.", default=False),
    ] = False
    ignore: Annotated[
        tuple[IgnoreRule, ...], about("Fields of applied objects that are left as they are found.")
    ] = ()
    deletion_policy: Annotated[
        DeletionPolicy,
        about(
            "What becomes of the objects when this one is deleted; MirrorPrune, the default, deletes them "
            "if prune is set and leaves them otherwise."
        ),
    ] = DeletionPolicy.MIRROR_PRUNE
    service_account_name: Annotated[
        str, about("ServiceAccount of this namespace in whose name everything is done.")
    ] = ""
    kube_config: Annotated[KubeConfigReference | None, about("Another cluster to apply to.")] = None

    def __post_init__(self) -> None:
        check_durations(interval=self.interval, retryInterval=self.retry_interval, timeout=self.timeout)

    @property
    def interval_s(self) -> float:
        """The interval in seconds."""
        return parse_duration(self.interval)

    @property
    def retry_interval_s(self) -> float:
        """Seconds from a failure to the next attempt."""
        return parse_duration(self.retry_interval or self.interval)

    @property
    def timeout_s(self) -> float:
        """Seconds that a run may take."""
        chosen = parse_duration(self.timeout) if self.timeout else self.interval_s - _TIMEOUT_MARGIN_S
        return max(chosen, _TIMEOUT_MARGIN_S)


class KustomizationStatus(Status, frozen=True, kw_only=True):
    """What was last applied, from which revision, and how that went."""

    last_applied_revision: Annotated[str, about("The revision that was last applied to its end.")] = ""
    last_applied_origin_revision: Annotated[
        str, about("The revision of that revision's origin, where the artifact names one.")
    ] = ""
    last_attempted_revision: Annotated[str, about("The revision that was last tried.")] = ""
    inventory: Annotated[ResourceInventory | None, about("The objects that were applied.")] = None
    history: Annotated[tuple[Snapshot, ...], about("The last sets of objects, newest first.")] = ()


class Kustomization(Resource, frozen=True, kw_only=True):
    """A directory of a source that is built with kustomize and kept applied to a cluster."""

    spec: KustomizationSpec
    status: Annotated[
        KustomizationStatus, about("What was observed.", default={"observedGeneration": -1})
    ] = msgspec.field(default_factory=KustomizationStatus)

    @property
    def source(self) -> ObjectRef:
        """The source that spec.sourceRef names."""
        wanted = self.spec.source_ref
        namespace = wanted.namespace or self.metadata.namespace
        return ObjectRef("source.toolkit.fluxcd.io", "v1", wanted.kind.value, namespace, wanted.name)


DEFINITION = Definition(
    model=Kustomization,
    group=GROUP,
    version=VERSION,
    kind=KIND,
    plural="kustomizations",
    short_names=("ks",),
    categories=("all", "fluxcd", "fluxcd-appliers"),
    columns=AGE_READY_STATUS,
    component="kustomize-controller",
    annotations={"kustomize.toolkit.fluxcd.io/substitute": "disabled"},
)


learn(Kustomization)


def decode(obj: Json) -> Kustomization:
    """The Kustomization in an object of the cluster; InvalidObject naming the field if it is none."""
    return decode_as(Kustomization, obj, api_version=f"{GROUP}/{VERSION}", kind=KIND)
