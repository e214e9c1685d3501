"""Asks a running penstock to look at one object now: a manual invoke, from the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal, Transient

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef
    from penstock.base.options import Secret

_CONNECT_S = 5.0
_ANSWER_S = 10.0
_WHY = {
    401: "PENSTOCK_INVOKE_TOKEN is not the token that it expects",
    403: "it does not serve that namespace",
    404: "there is no /invoke below PENSTOCK_RECEIVER_URL",
}


@dataclass(frozen=True)
class HttpInvoke:
    """`url` is where `penstock serve` or the function `webhook` is reached; the token goes there only."""

    url: str
    token: Secret = field(repr=False)

    def __call__(self, ref: ObjectRef) -> None:
        """Returns once the work is stored; Transient if nobody answers, Terminal if it is refused."""
        status = self._posted({"kind": ref.kind, "namespace": ref.namespace, "name": ref.name})
        if 200 <= status < 300:
            return
        why = _WHY.get(status, "its log says why")
        raise Terminal(f"penstock did not take it: {self._where} answered {status}: {why}")

    def _posted(self, body: dict[str, str]) -> int:
        import requests  # noqa: PLC0415 - not needed for --help

        headers = {"Authorization": f"Bearer {self.token.value}"}
        try:
            with requests.Session() as session:
                session.trust_env = False  # no .netrc, and no proxy that we were not told of
                with session.post(
                    self._where,
                    json=body,
                    headers=headers,
                    timeout=(_CONNECT_S, _ANSWER_S),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    return answer.status_code
        except requests.RequestException as error:
            kind = type(error).__name__
            raise Transient(f"penstock could not be asked at {self._where}: {kind}") from None

    @property
    def _where(self) -> str:
        return f"{self.url.rstrip('/')}/invoke"
