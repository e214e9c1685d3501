"""The Secret that the cluster reads the repository with: kept if it works, or made, with its deploy key."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import LimitExceeded
from penstock.bootstrap.address import ssh_host
from penstock.bootstrap.secret import (
    Fate,
    data_of,
    fate,
    key_data,
    knows_host,
    other_host_keys,
    replaced,
    secret,
)
from penstock.bootstrap.steps.problems import GitProblem, Login, Place, explained
from penstock.forge.port import DeployKey, Outcome
from penstock.source.credentials import Credentials, CredentialsRefused, credentials
from penstock.source.keypair import new_pair, pair_of
from penstock.source.sshkey import KeyRefused
from penstock.source.sshlogin import ssh_credentials
from penstock.source.url import parse_url
from penstock.tools.git import GitFailed, Remote
from penstock.tools.giterrors import Problem
from penstock.tools.keyscan import ScanFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.wanted import Wanted
    from penstock.source.keypair import KeyPair

_MANAGER = "penstock"
_UNKNOWN_LOGIN = frozenset({Problem.AUTHENTICATION, Problem.NOT_FOUND})
"""What a server says to a login that it does not know; many do not tell such a one of a repository."""
_SECRETS = ("password", "bearerToken", "identity")


class Trial(StrEnum):
    """What came of trying a login."""

    WORKS = "works"
    REFUSED = "refused"
    UNTRIED = "untried"


class SourceSecret:
    """The Secret, as one run of bootstrap finds and leaves it."""

    def __init__(self, ports: Ports, wanted: Wanted, origin: Origin) -> None:
        self._ports, self._wanted, self._origin = ports, wanted, origin
        self._ref = ObjectRef("", "v1", "Secret", wanted.name, wanted.secret_name)
        self._name = f"{wanted.name}/{wanted.secret_name}"
        self._url = parse_url(origin.sync_url)

    def ensure(self) -> None:
        """See to it that it is there and works; GitProblem if it cannot."""
        ports, wanted = self._ports, self._wanted
        ports.tell.action(f'determining if source secret "{self._name}" exists')
        existing = data_of(ports.cluster.get(self._ref))
        self._learn(existing or {})
        match fate(existing, wanted.given):
            case Fate.KEEP:
                self._up_to_date()
            case Fate.TRY if existing is not None and self._still_good(existing):
                self._up_to_date()
            case Fate.WRITE if wanted.given.data:
                self._write(wanted.given.data, exists=existing is not None)
            case _:
                self._with_key(existing)

    def _up_to_date(self) -> None:
        self._ports.tell.success("source secret up to date")

    def _still_good(self, data: Mapping[str, bytes]) -> bool:
        """Whether it works; its deploy key is added again if somebody has removed it."""
        try:
            if self._url.scheme == "ssh":
                pair = pair_of(data["identity"], data.get("password", b""), self._ports.limits)
                self._clear_key(pair, data)
                self._deploy_key(pair)
                if not knows_host(data["known_hosts"], *ssh_host(self._origin.sync_url)):
                    return False
        except (KeyRefused, LimitExceeded):
            return False
        trial = self._try(data)
        if trial is Trial.UNTRIED:
            self._ports.tell.warning(
                f"source secret is kept: {self._url.host} cannot be reached from here to try it"
            )
        return trial is not Trial.REFUSED

    def _with_key(self, existing: Mapping[str, bytes] | None) -> None:
        """Make it with a new key pair, or the one that was given."""
        ports, given = self._ports, self._wanted.given.pair
        ports.tell.action("generating source secret")
        pair = given or new_pair(self._wanted.key_form)
        ports.masker.learn(
            pair.identity.decode("utf-8", "replace"), pair.passphrase.decode("utf-8", "replace")
        )
        ports.tell.success(f"public key: {pair.public}")
        data = key_data(pair, self._known_hosts(existing or {}))
        self._clear_key(pair, existing or {})
        self._write(data, exists=existing is not None)
        self._deploy_key(pair)
        if self._origin.forge is None and not self._wanted.silent and self._try(data) is not Trial.WORKS:
            ports.ask("Please give the key access to your repository")

    def _known_hosts(self, existing: Mapping[str, bytes]) -> bytes:
        """What the server shows now; GitProblem if the Secret knows another key of it."""
        host, port = ssh_host(self._origin.sync_url)
        try:
            scanned = self._ports.scan(host, port, self._ports.deadline)
        except ScanFailed as error:
            raise GitProblem(
                f"{error.message}: name the host with --ssh-hostname, or use --token-auth"
            ) from None
        if other_host_keys(existing.get("known_hosts", b""), scanned):
            raise explained(GitFailed("", Problem.HOST_KEY), self._place, f"source secret {self._name}")
        return scanned

    def _clear_key(self, pair: KeyPair, existing: Mapping[str, bytes]) -> None:
        """Remove another deploy key of this name, before the Secret has the new one: so a run that is cut off
        leaves no key that the next one takes for somebody else's.

        Asks before that of another cluster goes, as it could not read the repository any more.
        """
        origin, title = self._origin, self._wanted.key_title
        if origin.forge is None or origin.repository is None:
            return
        there = origin.forge.deploy_key(origin.repository, title)
        if there is None or _bare(there.public_key) == _bare(pair.public):
            return
        if _bare(there.public_key) != _bare(existing.get("identity.pub", b"").decode("utf-8", "replace")):
            self._ports.ask(
                f"The deploy key {title!r} of {origin.repository.full_name} is another cluster's, or that of "
                "an earlier installation of this one. A second cluster needs a --path of its own. Replace "
                "the key, so that whoever has it cannot read the repository any more?"
            )
        origin.forge.remove_deploy_key(origin.repository, title)

    def _deploy_key(self, pair: KeyPair) -> None:
        origin, title = self._origin, self._wanted.key_title
        if origin.forge is None or origin.repository is None:
            return
        key = DeployKey(title, pair.public, read_only=not self._wanted.read_write_key)
        if origin.forge.ensure_deploy_key(origin.repository, key) is not Outcome.UNCHANGED:
            where = origin.repository.https_url.removesuffix(".git")
            self._ports.tell.success(f'configured deploy key "{title}" for "{where}"')

    def _write(self, data: Mapping[str, bytes], *, exists: bool) -> None:
        ports = self._ports
        self._learn(data)
        ports.tell.action(f'applying source secret "{self._name}"')
        if exists:
            ports.cluster.merge_patch(self._ref, replaced(data), field_manager=_MANAGER)
        else:
            ports.cluster.create(secret(self._ref.namespace, self._ref.name, data), field_manager=_MANAGER)
        ports.tell.success("reconciled source secret")

    def _learn(self, data: Mapping[str, bytes]) -> None:
        self._ports.masker.learn(*(data[key].decode("utf-8", "replace") for key in _SECRETS if key in data))

    def _try(self, data: Mapping[str, bytes]) -> Trial:
        """Whether the server takes this login; GitProblem where only a person can say what is right."""
        try:
            login = self._credentials(data)
        except CredentialsRefused:
            return Trial.REFUSED
        remote = Remote(self._url.address, login.authorization, login.authorities, login.ssh)
        try:
            with self._ports.git.session(remote, self._ports.deadline) as session:
                session.ls_remote(heads=True)
        except GitFailed as error:
            if error.problem in _UNKNOWN_LOGIN:
                return Trial.REFUSED
            if error.problem is Problem.UNREACHABLE:
                return Trial.UNTRIED
            raise explained(error, self._place, f"source secret {self._name} cannot be used") from None
        return Trial.WORKS

    def _credentials(self, data: Mapping[str, bytes]) -> Credentials:
        if self._url.scheme == "ssh":
            return ssh_credentials(self._url, data, self._name, self._ports.limits)
        return credentials(self._url, data, self._name)

    @property
    def _place(self) -> Place:
        return Place(self._url.address, self._wanted.branch, Login.SECRET)


def _bare(public_key: str) -> tuple[str, ...]:
    """A public key without its comment."""
    return tuple(public_key.split()[:2])
