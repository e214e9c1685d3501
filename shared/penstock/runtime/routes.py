"""From a request to its handler and back, the same for one function and for all of them in one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from penstock.base.errors import LimitExceeded, PenstockError, Transient
from penstock.notify.receivers.delivery import Refused
from penstock.runtime.answers import Answer, Problem, later
from penstock.runtime.reading import leave_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Request

    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.masking import Masker

    Handler: TypeAlias = Callable[[Request], Answer]
    Reply: TypeAlias = tuple[bytes, int, dict[str, str]]


@dataclass(frozen=True)
class Route:
    """The one method of a path, and what handles it; `quiet` ones are not logged."""

    method: str
    handle: Handler
    quiet: bool = False


@dataclass(frozen=True)
class Routes:
    """Answers requests. A path is taken as it is or not at all; nothing of a header is logged (A-14).

    The paths that begin with a key of `below` are its route's to judge: what follows is secret.
    """

    by_path: Mapping[str, Route]
    clock: Clock
    log: Log
    masker: Masker
    below: Mapping[str, Route] = field(default_factory=dict)

    def __call__(self, request: Request) -> Reply:
        """The answer as body, status and headers; never raises."""
        started = self.clock.monotonic()
        route, shown = self._route(request.path)
        answer = self._answer(route, request)
        whole = leave_body(request)
        if route is None or not route.quiet:
            self._tell(shown, request, answer, self.clock.monotonic() - started)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **answer.headers}
        if not whole:
            headers["Connection"] = "close"
        body = answer.text
        if body is None:
            body = orjson.dumps(_masked(dict(answer.body), self.masker)) + b"\n"
        return body, answer.status, headers

    def _route(self, path: str) -> tuple[Route | None, str]:
        """The route of a path, and what may be said of the path."""
        if path in self.by_path:
            return self.by_path[path], path
        start = next((start for start in self.below if path.startswith(start)), None)
        return (None, "(unknown path)") if start is None else (self.below[start], f"{start}*****")

    def _answer(self, route: Route | None, request: Request) -> Answer:
        try:
            return _handled(route, request)
        except (Problem, Refused) as problem:
            headers = problem.headers if isinstance(problem, Problem) else {}
            return Answer(problem.status, {"error": problem.message}, headers)
        except LimitExceeded as error:
            return Answer(413, {"error": error.message})
        except Transient as error:
            return later(error.message, error.retry_after)
        except PenstockError as error:
            return Answer(500, {"error": error.message, "reason": error.reason})
        except Exception as error:  # noqa: BLE001 - a bug must neither stop the server nor show itself outside
            self.log.error("the request failed: this is a bug", error=described(error))  # noqa: TRY400 - ours
            return Answer(500, {"error": "internal error"})

    def _tell(self, path: str, request: Request, answer: Answer, seconds: float) -> None:
        told = self.log.info if answer.status < 400 else self.log.warning
        error = answer.body.get("error")
        fields = {**answer.note, "status": answer.status, "seconds": round(seconds, 3), "error": error}
        told(
            f"{request.method[:16]} {path}",
            **{key: value for key, value in fields.items() if value is not None},
        )


def _handled(route: Route | None, request: Request) -> Answer:
    if route is None:
        raise Problem(404, "there is nothing at this path")
    if request.method != route.method:
        raise Problem(405, f"this path takes {route.method} only", {"Allow": route.method})
    return route.handle(request)


def _masked(value: Any, masker: Masker) -> Any:
    """The value of JSON with every text in it masked."""
    if isinstance(value, str):
        return masker.shown(value)
    if isinstance(value, dict):
        return {key: _masked(inner, masker) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, masker) for inner in value]
    return value


def described(error: BaseException) -> str:
    """What went wrong and where, for the log: the kind of error, its text and the innermost line of ours."""
    frame, trace = "", error.__traceback__
    while trace is not None:
        frame = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} at {frame}"
