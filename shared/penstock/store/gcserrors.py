"""What goes wrong with Cloud Storage, as errors of ours: by status and kind, never by the lower text."""
# ruff: noqa: PLC0415 - as penstock.store.gcs

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.store.bucket import BucketFailed, PreconditionFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_REMEDIES = {
    401: "the credentials are not accepted",
    403: "the credentials do not allow it: grant roles/storage.objectUser on the bucket",
    404: "the bucket does not exist, or has no such object",
    429: "too many requests",
}


class NotThere(BucketFailed):
    """The object does not exist, or the bucket does not."""


@contextmanager
def failing(what: str, key: str = "") -> Iterator[None]:
    """Whatever the client raises, as BucketFailed that says what was not done; 412 as PreconditionFailed."""
    import requests
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
    from urllib3.exceptions import HTTPError

    lower = (GoogleAPIError, GoogleAuthError, InvalidResponse, requests.RequestException, HTTPError, OSError)
    try:
        yield
    except DataCorruption:
        raise BucketFailed(f"{_subject(key, what)}: its checksum is wrong") from None
    except lower as error:
        raise _translated(error, key, what) from None
    except (ValueError, KeyError):
        raise BucketFailed(f"{_subject(key, what)}: the answer makes no sense") from None


def _translated(error: BaseException, key: str, what: str) -> BucketFailed | PreconditionFailed:
    code = _status(error)
    if code == 412:
        return PreconditionFailed(f"{key} was written by somebody else in between")
    why = _REMEDIES.get(code) or (f"it answered {code}" if code else type(_last(error)).__name__)
    message = f"{_subject(key, what)}: {why}"
    return NotThere(message) if code == 404 else BucketFailed(message)


def _subject(key: str, what: str) -> str:
    return f"{key or 'the bucket'} could not be {what} on Cloud Storage"


def _last(error: BaseException) -> BaseException:
    """What the last of several tries failed with."""
    return getattr(error, "cause", None) or error


def _status(error: BaseException) -> int:
    """The HTTP status, 0 if there was no answer."""
    last = _last(error)
    response = getattr(last, "response", None)
    return int(getattr(last, "code", None) or getattr(response, "status_code", None) or 0)
