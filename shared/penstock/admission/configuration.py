"""The ValidatingWebhookConfiguration by which the API server calls us, and the address that it calls. Pure.

Source: admissionregistration.k8s.io/v1. Whatever happens to the hook, the API server goes on: it is asked
for at most two seconds, and what it does not say is taken for yes. The conditions keep away everything that
asks for no look: status, metadata, dry-runs.

The API server sends no credentials to a webhook, so the path ends in a part that nobody can guess who does
not have the invoke token; that cannot be had from the path.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock.admission.review import PROBE, Scope
from penstock.api import gitrepository, kustomization
from penstock.api.awaited import ASKING
from penstock.api.lease import MANAGED_BY
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.base.selector import Requirement, Selector

PREFIX = "/admission/"
"""The path of the hook, up to the part that is secret."""
COMPONENT = "app.kubernetes.io/component"
LABELS = {**MANAGED_BY, COMPONENT: "admission"}
SELECTOR = ",".join(f"{key}={value}" for key, value in LABELS.items())
"""What all of ours are found by."""
TIMEOUT_S = 2
_REF = ObjectRef("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "", "")
_NAME = "penstock"
_HOOK = "changes.penstock.dev"
_LABEL = b"penstock admission hook v1"
_DIGITS = 40
_RESOURCES = ((gitrepository.GROUP, "gitrepositories"), (kustomization.GROUP, "kustomizations"))
_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_OWN_DRY_RUNS = (
    "!(has(request.dryRun) && request.dryRun) || (request.operation == 'CREATE'"
    f" && has(object.metadata.annotations) && '{PROBE}' in object.metadata.annotations)"
)
_VALUE = (
    "(has({0}.metadata.annotations) && key in {0}.metadata.annotations ? {0}.metadata.annotations[key] : '')"
)
_ASKS = f"{list(ASKING)}.exists(key, {_VALUE.format('object')} != {_VALUE.format('oldObject')})"
_CHANGES = (
    "request.operation == 'CREATE'"
    " || (request.operation == 'DELETE' && !has(oldObject.metadata.deletionTimestamp))"
    " || (request.operation == 'UPDATE'"
    f" && (object.metadata.generation != oldObject.metadata.generation || {_ASKS}))"
)


def secret_part(token: str) -> str:
    """The part of the path that follows from the invoke token, and from which it does not follow."""
    return hmac.new(token.encode(), _LABEL, sha256).hexdigest()[:_DIGITS]


def address(base: str, token: str) -> str:
    """The address of the hook of functions at `base`, `https://host` or with a port and a path."""
    return f"{base.rstrip('/')}{PREFIX}{secret_part(token)}"


def shown(url: str) -> str:
    """The address without the part that is secret."""
    head, found, _ = url.partition(PREFIX)
    return f"{head}{PREFIX}*****" if found else head


def ref(scope: Scope) -> ObjectRef:
    """The configuration of a deployment, by what it serves: those that serve other things have their own."""
    if scope == Scope():
        name = _NAME
    else:
        text = "\0".join((*sorted(scope.namespaces), "", str(scope.selector)))
        name = f"{_NAME}-{sha256(text.encode()).hexdigest()[:10]}"
    return ObjectRef(_REF.group, _REF.version, _REF.kind, "", name)


def manifest(url: str, ca: str, scope: Scope) -> Json:
    """The configuration that leads to `url`; `ca` is the certificate (PEM) of its authority, empty for a
    public one. Terminal if the API server would not call such an address.
    """
    found = ref(scope)
    return {
        "apiVersion": found.api_version,
        "kind": found.kind,
        "metadata": {"name": found.name, "labels": dict(LABELS)},
        "webhooks": [
            {
                "name": _HOOK,
                "admissionReviewVersions": ["v1"],
                "clientConfig": _client(url, ca),
                "rules": [_rule(group, resource) for group, resource in _RESOURCES],
                "failurePolicy": "Ignore",
                "matchPolicy": "Equivalent",
                "sideEffects": "NoneOnDryRun",
                "timeoutSeconds": TIMEOUT_S,
                "namespaceSelector": _namespaces(scope.namespaces),
                "objectSelector": _objects(scope.selector),
                "matchConditions": [
                    {"name": "no-dry-runs-but-our-own", "expression": _OWN_DRY_RUNS},
                    {"name": "asks-for-a-look", "expression": _CHANGES},
                ],
            }
        ],
    }


def example(configuration: Json) -> tuple[str, dict[str, str]]:
    """A namespace (empty: any) and labels of an object whose changes the configuration tells, for a probe."""
    hook: Json = next(iter(configuration.get("webhooks") or ()), {})
    namespaces, labels = (
        (hook.get(key) or {}).get("matchExpressions") or () for key in ("namespaceSelector", "objectSelector")
    )
    names = [name for one in namespaces for name in one.get("values") or ()]
    wanted = (one for one in labels if one.get("operator") in {"In", "Exists"})
    return next(iter(names), ""), {one["key"]: next(iter(one.get("values") or ()), "x") for one in wanted}


def _client(url: str, ca: str) -> Json:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Terminal(
            f"the API server calls https addresses only, without user, query and fragment: {shown(url)}"
        )
    return {"url": url, **({"caBundle": b64encode(ca.encode()).decode()} if ca else {})}


def _rule(group: str, resource: str) -> Json:
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": [resource],
        "scope": "Namespaced",
    }


def _namespaces(names: Iterable[str]) -> Json:
    values = sorted(names)
    return _expressions([_expression(_NAMESPACE_NAME, "In", values)] if values else [])


def _objects(selector: Selector) -> Json:
    return _expressions([_requirement(one) for one in selector.requirements])


def _requirement(one: Requirement) -> Json:
    if one.values is None:
        return _expression(one.key, "DoesNotExist" if one.negated else "Exists", [])
    return _expression(one.key, "NotIn" if one.negated else "In", sorted(one.values))


def _expression(key: str, operator: str, values: list[str]) -> Json:
    return {"key": key, "operator": operator, **({"values": values} if values else {})}


def _expressions(found: list[Json]) -> Json:
    return {"matchExpressions": found} if found else {}
