"""Flux's kinds as its command line names them. Pure.

Source: flux2 v2.9 cmd/flux: `Use` and `Aliases` of its commands, `kind` and `humanKind` of its types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef

if TYPE_CHECKING:
    from penstock.api.objects import Json

Words = tuple[str, ...]
_SOURCE = "source.toolkit.fluxcd.io"
_NOTIFICATION = "notification.toolkit.fluxcd.io"
_IMAGE = "image.toolkit.fluxcd.io"


@dataclass(frozen=True)
class Kind:
    """One kind: its API, and what it is called on a command line.

    `words` name one object (`create source git`), `listed` all of them (`get sources git`); `aliases` stand
    for the last word of both. `human` is what flux's progress lines call it. `built`: penstock reconciles it.
    """

    kind: str
    group: str
    version: str
    plural: str
    words: Words
    listed: Words
    aliases: Words = ()
    human: str = ""
    built: bool = False

    @property
    def api_version(self) -> str:
        """`group/version`."""
        return f"{self.group}/{self.version}"

    @property
    def resource(self) -> str:
        """As kubectl takes it: `kustomizations.kustomize.toolkit.fluxcd.io`."""
        return f"{self.plural}.{self.group}"

    def ref(self, namespace: str, name: str) -> ObjectRef:
        """The reference of one object."""
        return ObjectRef(self.group, self.version, self.kind, namespace, name)

    def of(self, obj: Json) -> bool:
        """Whether the object is of this kind, in any version."""
        ref = ObjectRef.from_object(obj)
        return (ref.group, ref.kind) == (self.group, self.kind)


def _source(kind: str, plural: str, word: str, human: str = "", *, built: bool = False) -> Kind:
    words, listed, human = ("source", word), ("sources", word), human or f"source {word}"
    return Kind(kind, _SOURCE, "v1", plural, words, listed, human=human, built=built)


def _single(kind: str, group: str, version: str, word: str, *aliases: str, built: bool = False) -> Kind:
    human = word.replace("-", " ")
    return Kind(kind, group, version, f"{kind.lower()}s", (word,), (f"{word}s",), aliases, human, built)


def _image(kind: str, plural: str, word: str, human: str) -> Kind:
    return Kind(kind, _IMAGE, "v1", plural, ("image", word), ("images", word), human=human)


GIT_REPOSITORY = _source("GitRepository", "gitrepositories", "git", built=True)
KUSTOMIZATION = _single(
    "Kustomization", "kustomize.toolkit.fluxcd.io", "v1", "kustomization", "ks", built=True
)
KINDS = (
    _source("OCIRepository", "ocirepositories", "oci"),
    _source("Bucket", "buckets", "bucket"),
    GIT_REPOSITORY,
    _source("HelmRepository", "helmrepositories", "helm"),
    _source("HelmChart", "helmcharts", "chart"),
    _source("ExternalArtifact", "externalartifacts", "external", "source external-artifact"),
    _image("ImageRepository", "imagerepositories", "repository", "image repository"),
    _image("ImagePolicy", "imagepolicies", "policy", "image policy"),
    _image("ImageUpdateAutomation", "imageupdateautomations", "update", "image update automation"),
    _single("HelmRelease", "helm.toolkit.fluxcd.io", "v2", "helmrelease", "hr"),
    KUSTOMIZATION,
    _single("Receiver", _NOTIFICATION, "v1", "receiver"),
    _single("Provider", _NOTIFICATION, "v1beta3", "alert-provider"),
    _single("Alert", _NOTIFICATION, "v1beta3", "alert"),
    Kind(
        "ArtifactGenerator",
        "source.extensions.fluxcd.io",
        "v1beta1",
        "artifactgenerators",
        ("artifact", "generator"),
        ("artifacts", "generators"),
        human="artifactgenerator",
    ),
)
"""All of them, in the order of `flux get all`."""
BUILT = tuple(kind for kind in KINDS if kind.built)


NOT_SERVED = "Flux's kinds are not in this cluster; `penstock install` brings them"
"""What to do where the cluster does not know a kind."""


def kind_called(name: str) -> Kind | None:
    """The kind of that name in any case (`kustomization`), as flux takes it in `--for` and `--source`."""
    return next((kind for kind in KINDS if kind.kind.lower() == name.lower()), None)


def not_built(kind: Kind) -> str:
    """What a person is told who asks for a kind that penstock does not have yet."""
    here = " and ".join(f"{one.kind} ({' '.join(one.words)})" for one in BUILT)
    return (
        f"{kind.kind} is not built here yet: penstock has {here}. "
        f"What the cluster has of it, kubectl shows: kubectl get {kind.resource}"
    )
