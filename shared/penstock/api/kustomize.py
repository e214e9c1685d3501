"""The parts of kustomize's own vocabulary that Flux's kinds share.

Source: fluxcd/pkg apis/kustomize; contract section 4, Kustomization.
"""

from typing import Annotated

from penstock.api.fields import Model, about


class Selector(Model, frozen=True, kw_only=True):
    """Objects picked by kind, name, labels or annotations; what is not given matches everything."""

    group: Annotated[str, about("API group.")] = ""
    version: Annotated[str, about("API version.")] = ""
    kind: Annotated[str, about("Kind.")] = ""
    name: Annotated[str, about("Regular expression for the whole name.")] = ""
    namespace: Annotated[str, about("Regular expression for the whole namespace.")] = ""
    label_selector: Annotated[str, about("Selector of Kubernetes' syntax over the labels.")] = ""
    annotation_selector: Annotated[str, about("The same over the annotations.")] = ""


class Patch(Model, frozen=True, kw_only=True):
    """A change to built objects."""

    patch: Annotated[str, about("A strategic merge patch, or a list of JSON 6902 operations, as YAML.")]
    target: Annotated[Selector | None, about("The objects to change.")] = None


class Image(Model, frozen=True, kw_only=True):
    """A container image to be replaced by another."""

    name: Annotated[str, about("Image to replace, without a tag.")]
    new_name: Annotated[str, about("Name to put in its place.")] = ""
    new_tag: Annotated[str, about("Tag to put in its place; unused if there is a digest.")] = ""
    digest: Annotated[str, about("Digest to put in the tag's place.")] = ""


class CustomHealthCheck(Model, frozen=True, kw_only=True):
    """How to tell the health of one kind, as CEL expressions over the object."""

    api_version: Annotated[str, about("API version of the kind.")]
    current: Annotated[str, about("True when the object is as it should be.")]
    kind: Annotated[str, about("The kind.")] = ""
    in_progress: Annotated[str, about("True while it is not there yet.")] = ""
    failed: Annotated[str, about("True when it never will be.")] = ""


class IgnoreRule(Model, frozen=True, kw_only=True):
    """Fields that are left as they are found in the cluster."""

    paths: Annotated[tuple[str, ...], about("JSON pointers (RFC 6901) to the fields.")]
    target: Annotated[Selector | None, about("The objects; all of them if not given.")] = None
