"""Where work is handed on that has no queue of its own: at the next function's URL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.work import Function
from penstock.base.options import Role
from penstock.queue.http import HttpQueue

if TYPE_CHECKING:
    from penstock.base.settings import Settings
    from penstock.queue.queue import Queue

ANSWER_S = 30
"""What a function may need beside its budget until its answer is here."""
_PROMPT_S = 0.2
"""How long whoever has to answer at once waits until work is posted."""
_BRIEF = {Role.FETCH: {Function.FETCH}, Role.APPLY: set(Function), Role.TICK: set(Function)}
"""Whose work is not waited for: a tick has much to hand on, who hands over has little time left."""


def at_urls(settings: Settings) -> HttpQueue:
    """A queue that posts work to the functions whose URLs are given."""
    urls = {Function.FETCH: settings.fetch_url, Function.APPLY: settings.apply_url}
    budget_s = max(settings.fetch_budget_seconds, settings.apply_budget_seconds) + ANSWER_S
    timeout_s = settings.handover_seconds if settings.role is Role.WEBHOOK else budget_s
    given = {function: url for function, url in urls.items() if url}
    brief = frozenset(_BRIEF.get(settings.role, ()))
    return HttpQueue(given, settings.invoke_token, timeout_s, brief)


def prompt(queue: Queue) -> Queue:
    """The queue for whoever has to answer at once: of a function at a URL no answer is waited for."""
    if not isinstance(queue, HttpQueue):
        return queue
    return replace(queue, timeout_s=_PROMPT_S, brief=frozenset(Function))
