"""The Secret of a GitRepository as credentials; every value in it is masked from here on."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.source.credentials import CredentialsRefused, credentials
from penstock.source.sshlogin import ssh_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.gitrepository import GitRepository
    from penstock.source.credentials import Credentials
    from penstock.source.steps.ports import FetchPorts
    from penstock.source.url import RepositoryURL


_SECRET = ("password", "bearerToken", "tls.key", "identity")


def log_in(ports: FetchPorts, repo: GitRepository, url: RepositoryURL) -> Credentials:
    """The credentials for the repository; CredentialsRefused naming the Secret if it cannot be used."""
    where = f"{repo.metadata.namespace}/{repo.spec.secret_ref.name}" if repo.spec.secret_ref else ""
    data = _data(ports, repo) if where else {}
    ports.masker.learn(url.password, *(data.get(key, b"").decode("utf-8", "replace") for key in _SECRET))
    if url.scheme == "ssh":
        found = ssh_credentials(url, data, where, ports.limits)
    else:
        found = credentials(url, data, where)
    ports.masker.learn(*found.secrets)
    return found


def _data(ports: FetchPorts, repo: GitRepository) -> Mapping[str, bytes]:
    name = repo.spec.secret_ref.name if repo.spec.secret_ref else ""
    ref = ObjectRef("", "v1", "Secret", repo.metadata.namespace, name)
    problem = f"failed to get secret '{ref.namespace}/{ref.name}'"
    try:
        found = ports.cluster.get(ref)
    except Terminal as error:
        raise CredentialsRefused(f"{problem}: {error.message}") from None
    if found is None:
        # Flux says it twice.
        raise CredentialsRefused(f'{problem}: {problem}: secrets "{ref.name}" not found')
    return {key: b64decode(value) for key, value in (found.get("data") or {}).items()}
