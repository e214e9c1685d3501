"""A cluster and a forge in memory around a real Git server: where the flow of bootstrap is tested."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncssh
from penstock.api.refs import ObjectRef
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.base.masking import Masker
from penstock.bootstrap.flow import bootstrap
from penstock.bootstrap.layout import layout
from penstock.bootstrap.secret import Given
from penstock.bootstrap.steps.connecting import Hosted, connect
from penstock.bootstrap.steps.ports import Ports
from penstock.bootstrap.wanted import Commits, Receiver, Rendered, Wanted
from penstock.forge.port import WantedRepository
from penstock.install.components import Components, text
from penstock.source.keypair import Algorithm, KeyForm
from penstock.tools.git import Git
from penstock.tools.keyscan import ScanFailed

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.forge import FakeForge
from tests.fakes.telling import FakeTell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.objects import Json
    from penstock.bootstrap.steps.ports import Builder, Origin
    from penstock.forge.port import DeployKey, Outcome, Repository
    from penstock.tools.gitserver import GitServer

    from tests.fixtures_git import WorkingCopy
    from tests.fixtures_ssh import SSHGitServer

SYSTEM = "clusters/prod/flux-system"
TITLE = "flux-system-main-flux-system-./clusters/prod"
TOKEN = "token-canary"
WEBHOOK_SECRET = "webhook-canary"
RECEIVER = Receiver("https://penstock.example.com", WEBHOOK_SECRET)
NAME = "acme/fleet"
_OPTIONS = Components(stubs=False)
_TEXT = text(_OPTIONS)


class AcceptingForge(FakeForge):
    """One whose SSH server takes the deploy keys, unless it is deaf."""

    deaf = False

    def __init__(self, ssh: SSHGitServer, **addresses: str) -> None:
        super().__init__(ssh=f"ssh://git@127.0.0.1:{ssh.port}/", **addresses)
        self._server = ssh

    def ensure_deploy_key(self, repository: Repository, key: DeployKey) -> Outcome:
        """See the port."""
        found = super().ensure_deploy_key(repository, key)
        if not self.deaf:
            self._server.accepted[:] = [asyncssh.import_public_key(key.public_key)]
        return found


@dataclass
class World:
    """Everything around the flow. `lines` is what the person was told, `asked` what he was asked; he says yes
    to all of it if `yes`. `interrupt_at` raises KeyboardInterrupt at that line, counted from 1; `at_line` is
    what happens once, when a line begins so, `meanwhile` what happens whenever the flow pauses.
    """

    server: GitServer
    ssh: SSHGitServer
    builder: Builder
    forge: AcceptingForge
    cluster: FakeCluster = field(default_factory=lambda: FakeCluster(namespaces=("default",)))
    asked: list[str] = field(default_factory=list)
    applied: list[ObjectRef] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    masker: Masker = field(default_factory=Masker)
    yes: bool = True
    interrupt_at: int = 0
    at_line: dict[str, Callable[[], object]] = field(default_factory=dict)
    works: bool = True
    meanwhile: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.tell = FakeTell()
        self.tell.lines = self.lines = Heard(self)

    def wanted(self, **more: Any) -> Wanted:
        """What most tests want."""
        given: dict[str, Any] = {
            "layout": layout("clusters/prod", "flux-system"),
            "branch": "main",
            "interval_seconds": 60.0,
            "secret_name": "flux-system",
            "commits": Commits(),
            "components": Rendered(lambda kept: text(_OPTIONS, kept) if kept else _TEXT, "v2.9.4"),
            "given": Given(ssh=True),
            "key_form": KeyForm(Algorithm.ED25519),
            "receiver": RECEIVER,
        }
        return Wanted(**{**given, **more})

    def hosted(self, **more: Any) -> Hosted:
        """The repository on the forge."""
        owner, name = NAME.split("/")
        return Hosted(self.forge, "forge.test", WantedRepository(owner, name), TOKEN, **more)

    def run(
        self,
        wanted: Wanted | None = None,
        origin: Callable[[Ports], Origin] | None = None,
        seconds: float = 60,
        **hosted: Any,
    ) -> list[str]:
        """One run; what the person was told in it."""
        self.lines.clear()
        to = self.hosted(**hosted)
        bootstrap(self.ports(seconds), wanted or self.wanted(), origin or (lambda ports: connect(ports, to)))
        return list(self.lines)

    def ports(self, seconds: float = 60) -> Ports:
        """The ports of one run."""
        return Ports(
            cluster=self.cluster,
            git=Git(Limits()),
            builder=self.builder,
            apply=self._apply,
            scan=self._scan,
            look=self._look,
            hook=None,
            ask=self._ask,
            tell=self.tell,
            masker=self.masker,
            limits=Limits(),
            pause=self._pause,
            deadline=Deadline.after(self.clock, seconds),
        )

    @property
    def head(self) -> str:
        """Where the branch stands on the server."""
        return self.server.refs(NAME)["refs/heads/main"]

    def _scan(self, host: str, port: int, deadline: Deadline) -> bytes:
        del host, deadline
        if port != self.ssh.port:
            raise ScanFailed("SSH key scan failed")
        return self.ssh.known_hosts()

    def _pause(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.meanwhile()

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if not self.yes:
            raise RefusedByPerson

    def _apply(self, objects: Sequence[Json], deadline: Deadline) -> None:
        del deadline
        for obj in objects:
            self.applied.append(ObjectRef.from_object(obj))
            self.cluster.apply(obj, field_manager="flux")

    def _look(self, ref: ObjectRef) -> None:
        """What penstock's functions do: the object gets to the head of the branch."""
        self.looked.append(ref.kind)
        if not self.works:
            return
        found = self.cluster.get(ref)
        assert found is not None
        revision = f"main@sha1:{self.head}"
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done"}
        status = {"observedGeneration": found["metadata"]["generation"], "conditions": [ready]}
        own = (
            {"artifact": {"revision": revision}}
            if ref.kind == "GitRepository"
            else {"lastAttemptedRevision": revision, "lastAppliedRevision": revision}
        )
        self.cluster.seed({**found, "status": {**status, **own}})


class RefusedByPerson(Exception):
    """The person said no."""


class Heard(list[str]):
    """The lines that a person was told; a world may have something happen at one of them."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def append(self, line: str) -> None:
        """One more line."""
        super().append(line)
        world = self._world
        for beginning in [one for one in world.at_line if beginning_of(line, one)]:
            world.at_line.pop(beginning)()
        if len(self) == world.interrupt_at:
            raise KeyboardInterrupt


def beginning_of(line: str, words: str) -> bool:
    """Whether the line begins with these words, after its mark."""
    return line.partition(" ")[2].startswith(words)


def pulled(copy: WorkingCopy) -> list[str]:
    """The subjects of the commits on the server, the newest first."""
    copy.git("fetch", "--quiet", copy.url, "main")
    copy.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    return copy.git("log", "--format=%s").splitlines()


def secret_data(world: World) -> dict[str, str]:
    """What the Secret for the repository holds."""
    found = next(obj for obj in world.cluster.objects("Secret"))
    return {key: b64decode(value).decode() for key, value in found["data"].items()}
