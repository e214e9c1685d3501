"""The kubeconfig of one user of one server, everything embedded (kubernetes.io: kubeconfig v1)."""

from __future__ import annotations

import base64

import yaml

NAME = "penstock"
"""Of cluster, user and context."""


def render(server: str, authority: bytes, certificate: bytes, key: bytes) -> str:
    """The file's text; `server` is an https URL, the rest is PEM."""
    cluster = {"server": server, "certificate-authority-data": _base64(authority)}
    user = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }
    return yaml.safe_dump(document, sort_keys=False)


def _base64(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
