"""A kubeconfig's one context, read from its text. Pure: no file it names is opened here.

Source: kubeconfig v1 (kubernetes.io, "Organizing cluster access using kubeconfig files"). Nothing of its
content appears in errors: it is made of secrets.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import yaml

from penstock.base.errors import Terminal
from penstock.base.text import printable

MOST_BYTES = 1024 * 1024
"""What a Secret of Kubernetes can hold; no kubeconfig, and no file that one names, is larger."""


@dataclass(frozen=True)
class Entry:
    """The cluster and the user of one context. `*_data` is PEM text, `*_file` a path as it is written.

    `plugin` is `exec` or `auth-provider` where the credentials come from a program.
    """

    server: str
    ca_data: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_data: str = field(default="", repr=False)
    certificate_file: str = ""
    key_data: str = field(default="", repr=False)
    key_file: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    insecure: bool = False
    server_name: str = ""
    proxy: str = field(default="", repr=False)
    plugin: str = ""
    namespace: str = ""


def invalid(message: str) -> Terminal:
    """The error for a kubeconfig that cannot be used."""
    return Terminal(message, reason="InvalidKubeconfig")


def parse_kubeconfig(text: str, context: str = "") -> Entry:
    """The entry of the named context, or (empty) of the current one; Terminal says what is missing."""
    document = _load(text)
    name = context or str(document.get("current-context") or "")
    if not name:
        raise invalid("the kubeconfig has no current-context: name a context")
    chosen = _named(document, "contexts", name, "context")
    cluster = _named(document, "clusters", _text(chosen, "cluster"), "cluster")
    user = _named(document, "users", _text(chosen, "user"), "user") if chosen.get("user") else {}
    if any(key in user for key in ("as", "as-uid", "as-groups", "as-user-extra")):
        raise invalid(
            "the kubeconfig impersonates (`as`), which is not supported: use credentials of their own"
        )
    return _entry(cluster, user, _text(chosen, "namespace"))


def context_names(text: str) -> tuple[str, ...]:
    """The names of its contexts, in its order; Terminal if it is none."""
    contexts = _load(text).get("contexts")
    entries = contexts if isinstance(contexts, list) else ()
    return tuple(str(entry["name"]) for entry in entries if isinstance(entry, dict) and entry.get("name"))


def _entry(cluster: dict[str, Any], user: dict[str, Any], namespace: str) -> Entry:
    return Entry(
        server=_text(cluster, "server"),
        ca_data=_pem(cluster, "certificate-authority-data"),
        ca_file=_text(cluster, "certificate-authority"),
        certificate_data=_pem(user, "client-certificate-data"),
        certificate_file=_text(user, "client-certificate"),
        key_data=_pem(user, "client-key-data"),
        key_file=_text(user, "client-key"),
        token=_text(user, "token"),
        token_file=_text(user, "tokenFile"),
        username=_text(user, "username"),
        password=_text(user, "password"),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        server_name=_text(cluster, "tls-server-name"),
        proxy=_text(cluster, "proxy-url"),
        plugin=next((key for key in ("exec", "auth-provider") if user.get(key)), ""),
        namespace=namespace,
    )


def _load(text: str) -> dict[str, Any]:
    if len(text) > MOST_BYTES:
        raise invalid("the kubeconfig is larger than 1 MiB: is it one?")
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, ValueError, RecursionError):
        raise invalid("the kubeconfig is no valid YAML") from None
    if not isinstance(document, dict):
        raise invalid("the kubeconfig is no mapping with clusters, users and contexts")
    return document


def _named(document: dict[str, Any], section: str, name: str, key: str) -> dict[str, Any]:
    entries = document.get(section)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            found = entry.get(key)
            return found if isinstance(found, dict) else {}
    raise invalid(f"the kubeconfig has no {key} {printable(name, 120)!r} in its {section}")


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(f"{key} of the kubeconfig is no text")
    return value


def _pem(mapping: dict[str, Any], key: str) -> str:
    encoded = _text(mapping, key)
    try:
        return base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise invalid(f"{key} of the kubeconfig is not base64 of PEM text") from None
