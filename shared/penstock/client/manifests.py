"""The objects that `create` makes, as flux makes them from the same flags. Pure.

Source: flux2 cmd/flux create_source_git.go, create_kustomization.go and create_secret_git.go. What penstock
does not act on yet is refused here, by the flag that asks for it, rather than stalled in the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api import gitrepository, kustomization
from penstock.api.unsupported import unsupported
from penstock.base.duration import format_duration
from penstock.client.flagvalues import (
    BadFlag,
    dependencies,
    health_checks,
    labels,
    listed,
    object_name,
    safe_path,
    source_reference,
)
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION
from penstock.source.url import InvalidURL, RepositoryURL, parse_url

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.client.kinds import Kind

_FLAG_OF = {
    "spec.provider": "--provider",
    "spec.proxySecretRef": "--proxy-secret-ref",
    "spec.serviceAccountName": "--service-account",
    "spec.decryption": "--decryption-provider",
    "spec.kubeConfig": "--kubeconfig-secret-ref",
    "spec.sourceRef.kind": "--source",
}
"""Of the fields that are not supported, the flag that sets them."""


@dataclass(frozen=True, kw_only=True)
class NewGitRepository:
    """The flags of `create source git` that end in the object; times are seconds, 0 where not given."""

    name: str
    namespace: str
    url: str
    branch: str = ""
    tag: str = ""
    semver: str = ""
    ref_name: str = ""
    commit: str = ""
    secret_ref: str = ""
    proxy_secret_ref: str = ""
    provider: str = ""
    recurse_submodules: bool = False
    ignore_paths: tuple[str, ...] = ()
    sparse_checkout_paths: tuple[str, ...] = ()
    interval_s: float = 60.0
    fetch_timeout_s: float = 0.0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewKustomization:
    """The flags of `create kustomization`; times are seconds, 0 where not given."""

    name: str
    namespace: str
    source: str
    path: str = "./"
    prune: bool = False
    wait: bool = False
    depends_on: tuple[str, ...] = ()
    health_check: tuple[str, ...] = ()
    health_check_timeout_s: float = 120.0
    service_account: str = ""
    decryption_provider: str = ""
    decryption_secret: str = ""
    target_namespace: str = ""
    kubeconfig_secret_ref: str = ""
    interval_s: float = 60.0
    retry_interval_s: float = 0.0
    labels: tuple[str, ...] = ()


def git_url(given: str) -> RepositoryURL:
    """The address in --url; BadFlag for one that cannot be fetched from."""
    if not given:
        raise BadFlag("url is required: --url=https://host/path or ssh://git@host/path")
    scheme, colon, _ = given.partition("://")
    if colon and scheme not in {"ssh", "http", "https"}:
        raise BadFlag(f"git URL scheme '{scheme[:32]}' not supported, can be: ssh, http and https")
    try:
        return parse_url(given)
    except InvalidURL as error:
        raise BadFlag(error.message.replace("spec.url", "--url")) from None


def git_repository_of(new: NewGitRepository) -> Json:
    """The GitRepository; BadFlag for what cannot be meant, or is not built yet."""
    git_url(new.url)
    spec: Json = {
        "interval": format_duration(new.interval_s),
        "ref": _reference(new),
        "url": new.url,
    }
    if new.fetch_timeout_s > 0:
        spec["timeout"] = _below_hours(new.fetch_timeout_s)
    if new.ignore_paths:
        spec["ignore"] = "\n".join(listed(new.ignore_paths))
    if new.sparse_checkout_paths:
        spec["sparseCheckout"] = list(listed(new.sparse_checkout_paths))
    if new.recurse_submodules:
        spec["recurseSubmodules"] = True
    for key, name in (("secretRef", new.secret_ref), ("proxySecretRef", new.proxy_secret_ref)):
        if name:
            spec[key] = {"name": name}
    if new.provider:
        spec["provider"] = new.provider
    obj = _object(GIT_REPOSITORY, new.namespace, new.name, new.labels, spec)
    _check_supported(unsupported(gitrepository.decode(obj)))
    return obj


def kustomization_of(new: NewKustomization) -> Json:
    """The Kustomization; likewise."""
    if not new.source:
        raise BadFlag("source is required: --source=NAME, or --source=GitRepository/NAME.NAMESPACE")
    spec: Json = {
        "interval": format_duration(new.interval_s),
        "path": safe_path(new.path),
        "prune": new.prune,
        "sourceRef": source_reference(new.source),
    }
    if new.depends_on:
        spec["dependsOn"] = dependencies(new.depends_on)
    if new.wait:
        spec["wait"] = True
    elif new.health_check:
        spec["healthChecks"] = health_checks(new.health_check)
    if new.wait or new.health_check:
        spec["timeout"] = format_duration(new.health_check_timeout_s)
    if new.retry_interval_s > 0:
        spec["retryInterval"] = format_duration(new.retry_interval_s)
    if new.target_namespace:
        spec["targetNamespace"] = new.target_namespace
    spec |= _not_built_yet(new)
    obj = _object(KUSTOMIZATION, new.namespace, new.name, new.labels, spec)
    _check_supported(unsupported(kustomization.decode(obj)))
    return obj


def _below_hours(seconds: float) -> str:
    """The duration without hours: a GitRepository's timeout may not have them, though flux writes them."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{format_duration(rest)}" if minutes >= 60 else format_duration(seconds)


def _reference(new: NewGitRepository) -> Json:
    """The one reference that wins, as in flux: commit, name, semver, tag, branch."""
    if new.commit:
        return {"commit": new.commit, **({"branch": new.branch} if new.branch else {})}
    for key, value in (
        ("name", new.ref_name),
        ("semver", new.semver),
        ("tag", new.tag),
        ("branch", new.branch),
    ):
        if value:
            return {key: value}
    raise BadFlag(
        "a Git ref is required, use one of the following: --branch, --tag, --commit, --ref-name or "
        "--tag-semver"
    )


def _not_built_yet(new: NewKustomization) -> Json:
    """Fields of flags that flux has; they are refused for as long as their fields are."""
    spec: Json = {}
    if new.service_account:
        spec["serviceAccountName"] = new.service_account
    if new.decryption_provider:
        secret = {"secretRef": {"name": new.decryption_secret}} if new.decryption_secret else {}
        spec["decryption"] = {"provider": new.decryption_provider, **secret}
    if new.kubeconfig_secret_ref:
        spec["kubeConfig"] = {"secretRef": {"name": new.kubeconfig_secret_ref}}
    return spec


def _object(kind: Kind, namespace: str, name: str, given: tuple[str, ...], spec: Json) -> Json:
    meta: Json = {"name": object_name(name), "namespace": namespace}
    if found := labels(given):
        meta["labels"] = found
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec}


def _check_supported(fields: tuple[str, ...]) -> None:
    """The fields are those of `unsupported`: a path, or a path and a value."""
    for one in fields:
        path = one.partition(" ")[0]
        raise BadFlag(f"{_FLAG_OF.get(path, path)} is not built here yet: penstock does not act on {one}")
