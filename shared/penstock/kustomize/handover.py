"""What becomes of a Kustomization when the time of the function's run is over. Pure.

`spec.timeout` is another matter: a run that takes longer than that has failed, as Flux says it.
"""

from __future__ import annotations

from dataclasses import dataclass

WAITS = "waiting for "
"""How `Spent.waits_for` begins."""
_GOES_ON = "handed over to the next run"


@dataclass(frozen=True)
class Spent:
    """How far a run got: `judged` of its `objects`, and how many of them it wrote or deleted.

    `stopped`: its time was cut because the process ends. `whole`: it had all the time that a run can have.
    `waits_for` is what it waited for in the end, in words: that has an end of its own.
    """

    effects: int
    judged: int
    objects: int
    stopped: bool
    whole: bool
    waits_for: str = ""

    @property
    def fits(self) -> bool:
        """Whether another run will get further than this one, so that handing over has an end.

        What was written is found unchanged by the next run. Whoever wrote nothing in all the time there is
        will write nothing in it the next time either (threats B-09).
        """
        return self.effects > 0 or self.stopped or not self.whole or bool(self.waits_for)


def does_not_fit(spent: Spent, budget_seconds: float) -> str:
    """Why it is of no use to go on, and what to do about it."""
    return (
        f"does not fit into {budget_seconds:g} s: {spent.judged} of {spent.objects} objects judged; "
        "raise PENSTOCK_APPLY_BUDGET_SECONDS or split the Kustomization"
    )


def goes_on(spent: Spent) -> str:
    """What the condition and the log say of a run that another one continues."""
    if spent.waits_for:
        return f"{_GOES_ON}: {spent.waits_for}"
    return f"{_GOES_ON}: {spent.effects} objects written or deleted by this one"


def waits(message: str) -> bool:
    """Whether a run that was handed over only waited in the end."""
    return message.startswith(f"{_GOES_ON}: {WAITS}")


def was_handed_over(message: str) -> bool:
    """Whether a condition says so: the run that left it has ended, and was not cut off."""
    return message.startswith(_GOES_ON)
