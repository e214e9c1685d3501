"""A client made from an address and credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock import __version__
from penstock.cluster.client import ApiCluster
from penstock.cluster.session import Session
from penstock.cluster.target import FixedCredentials
from penstock.cluster.transport import Transport

if TYPE_CHECKING:
    from penstock.base.masking import Masker
    from penstock.cluster.target import Credentials, Target

USER_AGENT = f"penstock/{__version__}"


def connect(target: Target, credentials: Credentials | None, masker: Masker) -> ApiCluster:
    """The client; nothing is sent yet. Without credentials the client certificate says who we are."""
    transport = Transport(target, user_agent=USER_AGENT)
    return ApiCluster(Session(transport, credentials or FixedCredentials(), masker=masker))
