"""Makes msgspec safe to use from several threads.

What msgspec (0.22) knows of a struct it finds out when the struct is first decoded, and a second thread that
decodes the same one meanwhile reads what is not there yet: the process dies of a segmentation fault. A module
is imported by one thread, so there is the place to let it find out.
"""

from __future__ import annotations

import msgspec


def learn(*structs: type[msgspec.Struct]) -> None:
    """To be called by the module that decodes these structs, before any thread does."""
    for struct in structs:
        msgspec.json.Decoder(struct)
