"""The repository on a Git server that a person names by its address, and how it is logged in to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.bootstrap.address import ssh_host
from penstock.bootstrap.secret import data_of, key_data, knows_host, token_data
from penstock.bootstrap.steps.ports import Origin
from penstock.bootstrap.steps.problems import GitProblem, Login
from penstock.source.credentials import Credentials, CredentialsRefused, credentials
from penstock.source.sshlogin import DEFAULT_USER, SSHLogin, ssh_credentials

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef
    from penstock.bootstrap.steps.ports import Ports
    from penstock.source.keypair import KeyPair
    from penstock.source.url import RepositoryURL

_WHERE = "the command line"


@dataclass(frozen=True)
class Named:
    """An address to push to, the one that the cluster follows, and the person's login for the former.

    `authority` is the PEM of --ca-file, `pair` the key of --private-key-file, `agent` the socket of an SSH
    agent, for want of one.
    """

    url: RepositoryURL
    sync_url: str
    username: str = ""
    password: str = field(default="", repr=False)
    bearer: bool = False
    authority: bytes = b""
    pair: KeyPair | None = None
    agent: str = ""


def connect(ports: Ports, named: Named, secret: ObjectRef) -> Origin:
    """The repository; GitProblem if the login cannot be one. `secret` is the cluster's, if it has one.

    A host key that the Secret knows is the one to expect; without one, it is what the server shows now.
    """
    try:
        login = _ssh(ports, named, secret) if named.url.scheme == "ssh" else _https(named)
    except CredentialsRefused as error:
        raise GitProblem(error.message) from None
    ports.masker.learn(*login.secrets)
    return Origin(named.url, login, _kind(named), named.sync_url)


def _https(named: Named) -> Credentials:
    data: dict[str, bytes] = {"ca.crt": named.authority} if named.authority else {}
    if named.password:
        data = token_data(named.username, named.password, bearer=named.bearer, authority=named.authority)
    return credentials(named.url, data, _WHERE)


def _ssh(ports: Ports, named: Named, secret: ObjectRef) -> Credentials:
    host, port = ssh_host(named.url.address)
    known = (data_of(ports.cluster.get(secret)) or {}).get("known_hosts", b"")
    if not knows_host(known, host, port):
        known = ports.scan(host, port, ports.deadline)
    if named.pair is None:
        return Credentials(ssh=SSHLogin(named.url.user or DEFAULT_USER, b"", known, named.agent))
    return ssh_credentials(named.url, key_data(named.pair, known), _WHERE, ports.limits)


def _kind(named: Named) -> Login:
    if named.url.scheme == "ssh":
        return Login.KEY if named.pair is not None else Login.AGENT
    if not named.password and not named.url.password:
        return Login.NONE
    return Login.BEARER if named.bearer else Login.PASSWORD
