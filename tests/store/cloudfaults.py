"""What may happen to the requests of a bucket on Cloud Storage, and to its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.http_proxy import Fault, Handler, Seen


def answered(code: int) -> Fault:
    """That status in place of an answer, with a text that nobody should repeat."""

    def fault(handler: Handler, seen: Seen) -> None:
        del seen
        handler.answer(code, {"Content-Type": "application/json"}, b'{"error": {"message": "canary"}}')

    return fault


def half(handler: Handler, seen: Seen) -> None:
    """The connection breaks in the middle of the body."""
    code, headers, body = handler.forward(seen)
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.break_off()


def without(name: str) -> Fault:
    """A header of the answer is lost."""

    def fault(handler: Handler, seen: Seen) -> None:
        code, headers, body = handler.forward(seen)
        handler.answer(code, {key: value for key, value in headers.items() if key.lower() != name}, body)

    return fault


def flipped(handler: Handler, seen: Seen) -> None:
    """One bit of the body is another."""
    code, headers, body = handler.forward(seen)
    handler.answer(code, headers, bytes([body[0] ^ 1]) + body[1:])


def reads(seen: Seen) -> bool:
    return seen.method == "GET" and "alt=media" in seen.path


def writes(seen: Seen) -> bool:
    return seen.method in ("POST", "PUT")
