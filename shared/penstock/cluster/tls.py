"""The TLS side of a Target as an ssl.SSLContext."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from penstock.cluster.target import Target


def make_context(target: Target) -> ssl.SSLContext:
    """The context; Terminal if a certificate or key cannot be read. TLS 1.2 is the least."""
    try:
        context = ssl.create_default_context(cadata=target.ca or None)
        if target.client_certificate:
            _load_client_certificate(context, target.client_certificate, target.client_key)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise Terminal(
            f"the certificates for {target.server} cannot be read ({type(error).__name__}): "
            "check certificate-authority, client-certificate and client-key in the kubeconfig",
            reason="InvalidKubeconfig",
        ) from None
    if not target.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_client_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """ssl reads them from files only: they exist for this moment, in a folder of our own (mode 0700)."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        pem = Path(folder) / "client.pem"
        pem.touch(mode=0o600)
        pem.write_text(f"{certificate}\n{key}\n")
        context.load_cert_chain(pem)
