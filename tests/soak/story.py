"""What happens in a soak: commits and misfortunes, as the dice say; then calm, and the reckoning."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.runtime.processes import environment
from tests.runtime.requesting import SECRET, TOKEN
from tests.soak.model import KUSTOMIZATIONS, changed, first, mended
from tests.soak.servers import Servers
from tests.soak.verdict import Verdict, judge
from tests.soak.world import EXTRA_THINGS, SoakWorld, size
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.soak.model import Tree

KEEP_COUNT = 5
KEEP_SECONDS = 10
CONVERGES_S = 180


@dataclass
class Soak:
    """One soak; `tally` counts what was done."""

    world: SoakWorld
    random: Random
    folder: Path
    kubeconfig: Path
    say: Callable[[str], None] = lambda _: None
    servers_count: int = 2
    tally: Counter[str] = field(default_factory=Counter)
    history: list[Tree] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    extra: bool = False
    suspended: str = ""

    def run(self, goes_on: Callable[[int], bool]) -> Verdict:
        """Rounds while `goes_on(round)`, then the reckoning."""
        self._remember(first(self.random))
        self.world.begin(self.history[-1])
        with Servers(self._environment(), self.servers_count) as servers:
            servers.all_serve()
            number = 0
            while goes_on(number):
                number += 1
                self._round(servers, number)
            return self._reckon(servers)

    def _environment(self) -> dict[str, str]:
        return environment(
            webhook_secret=SECRET,
            invoke_token=TOKEN,
            kubeconfig=self.kubeconfig,
            bucket=self.folder / "bucket",
            queue=self.folder / "queue",
            namespaces=self.world.namespace,
            tick_seconds=1,
            brake_objects=1000,
            artifact_keep_count=KEEP_COUNT,
            artifact_keep_seconds=KEEP_SECONDS,
        )

    def _round(self, servers: Servers, number: int) -> None:
        self._tell(servers, self._commit(number))
        self._meddle(number)
        self._hurt(servers)
        time.sleep(min(self.random.expovariate(1.5), 3.0))

    def _commit(self, number: int) -> bytes:
        self.tally["commits"] += 1
        back = self.random.randint(1, 3)
        if self.random.random() < 0.08 and len(self.history) > back:
            self.tally["pushes by force"] += 1
            del self.history[-back:]
            return self.world.step_back(back)
        self._remember(changed(self.history[-1], self.random, number))
        return self.world.commit(self.history[-1])

    def _remember(self, tree: Tree) -> None:
        self.history.append(tree)
        self.secrets |= {
            thing.value for found in tree.things.values() for thing in found if thing.kind == "Secret"
        }

    def _tell(self, servers: Servers, delivery: bytes) -> None:
        """The delivery is lost, comes once, comes several times, or comes late and in any order."""
        fate = self.random.choices(("lost", "once", "doubled", "late"), (25, 40, 20, 15))[0]
        self.tally[f"deliveries {fate}"] += 1
        copies = {"lost": 0, "once": 1, "doubled": self.random.randint(2, 5), "late": 0}[fate]
        for _ in range(copies):
            servers.deliver(self.random.randrange(self.servers_count), delivery)
        if fate == "late":
            self.late.append(delivery)
        elif self.late and self.random.random() < 0.4:
            self.random.shuffle(self.late)
            servers.deliver(self.random.randrange(self.servers_count), self.late.pop())

    def _meddle(self, number: int) -> None:
        """What people do in the cluster meanwhile."""
        dice = self.random.random()
        if dice < 0.10:
            wanted = self.world.toggle_extra()
            if wanted is not None:
                self.extra = wanted
                self.tally["Kustomizations made or deleted"] += 1
        elif dice < 0.16:
            self.world.request(self.random.choice(KUSTOMIZATIONS), f"soak-{number}")
            self.tally["requests"] += 1
        elif dice < 0.22:
            self._suspend_or_resume()

    def _suspend_or_resume(self) -> None:
        self.tally["suspended or resumed"] += 1
        if self.suspended:
            self.world.suspend(self.suspended, wanted=False)
            self.suspended = ""
        else:
            self.suspended = self.random.choice(KUSTOMIZATIONS)
            self.world.suspend(self.suspended, wanted=True)

    def _hurt(self, servers: Servers) -> None:
        """What happens to the processes."""
        dice, number = self.random.random(), self.random.randrange(self.servers_count)
        if dice < 0.35:
            time.sleep(self.random.uniform(0.0, 0.5))
            servers.end(number, signal.SIGKILL)
            self.tally["kills"] += 1
        elif dice < 0.45:
            servers.pause(number, self.random.uniform(0.5, 6.0))
            self.tally["pauses"] += 1
        elif dice < 0.50:
            servers.end(number, signal.SIGTERM)
            self.tally["stops"] += 1

    def _reckon(self, servers: Servers) -> Verdict:
        """Calm; one last commit, whose delivery is lost; and what is there once all has settled."""
        servers.calm()
        servers.all_serve()
        if self.suspended:
            self._suspend_or_resume()
        self._settle("what happened", mended(self.history[-1]))
        self._settle("the last commit", changed(mended(self.history[-1]), self.random, 0))
        verdict = self._judge()
        self.tally["leaks"] = sum(secret in servers.said for secret in self.secrets)
        self.tally["deliveries answered"] = sum(answer == 202 for answer in servers.answers)
        return verdict

    def _settle(self, what: str, tree: Tree) -> None:
        self._remember(mended(tree))
        self.world.commit(self.history[-1])
        began = time.monotonic()
        try:
            eventually(lambda: self.world.applied(extra=self.extra), what, CONVERGES_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.world.states()}") from None
        self.say(f"{what} is applied after {time.monotonic() - began:.1f} s")

    def _judge(self) -> Verdict:
        queue = self.folder / "queue"
        eventually(lambda: not any((queue / "pending").iterdir()), "an empty queue")
        eventually(lambda: not self._compared().ghosts, "the check of what may have come late", CONVERGES_S)
        self.tally["dead letters"] = sum(1 for _ in (queue / "dead").iterdir())
        self.tally["files in the bucket"], self.tally["bytes in the bucket"] = size(self.folder / "bucket")
        self.tally["archives"] = len(list((self.folder / "bucket/gitrepository").rglob("*.tar.gz")))
        return self._compared()

    def _compared(self) -> Verdict:
        expected = {**self.history[-1].expected(), **(EXTRA_THINGS if self.extra else {})}
        return judge(expected, self.world.found(), self.world.listed())
