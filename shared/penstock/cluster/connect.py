"""A client made from settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock import __version__
from penstock.cluster.auth import from_kubeconfig, from_service_account
from penstock.cluster.client import ApiCluster
from penstock.cluster.session import Session
from penstock.cluster.target import FixedCredentials
from penstock.cluster.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from penstock.base.limits import Limits
    from penstock.base.masking import Masker
    from penstock.cluster.target import Credentials, Target

USER_AGENT = f"penstock/{__version__}"


def open_cluster(
    kubeconfig: Path | None,
    context: str,
    environ: Mapping[str, str],
    masker: Masker,
    limits: Limits | None = None,
) -> ApiCluster:
    """The cluster of a kubeconfig's context, or (None) the one that this pod runs in; nothing is sent yet.

    The environment gives the pod's API server and the proxies. Terminal if the files cannot be used.
    """
    if kubeconfig is None:
        return connect(*from_service_account(environ), masker, limits)
    return connect(*from_kubeconfig(kubeconfig, context, environ), masker, limits)


def connect(
    target: Target, credentials: Credentials, masker: Masker, limits: Limits | None = None
) -> ApiCluster:
    """The client of an address; its fixed credentials become known to the masker."""
    if isinstance(credentials, FixedCredentials):
        masker.learn(credentials.value.partition(" ")[2])
    transport = Transport(target, user_agent=USER_AGENT, limits=limits)
    return ApiCluster(Session(transport, credentials, masker=masker), limits=limits)
