"""A bucket on Google Cloud Storage, by Google's own client.

Every object is read whole, with the generation that its bytes are of, and both are checked against the
checksum that the store keeps. What is written names the generation that it replaces wherever the caller
does; only such writes, and reads, are tried again, within `patience_s`. Errors carry no address and no
text of the store: those quote URLs, and what was sent.
"""
# ruff: noqa: PLC0415 - the client takes 0.25 s and 38 MB, which those with a folder do not pay

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.store.bucket import BucketFailed, Entry, TooLarge, check_key, is_key
from penstock.store.gcserrors import NotThere, failing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from google.cloud.storage import Blob, Client

    from penstock.base.location import CloudBucket

EMULATOR = "STORAGE_EMULATOR_HOST"
_HOST = "https://storage.googleapis.com"
_NO_BUCKET_METADATA = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""Keeps the client from asking about the bucket itself, which takes a right, for traces of its own."""
_SCOPES = ("https://www.googleapis.com/auth/devstorage.read_write",)
_TIMEOUTS_S = (5.0, 30.0)
"""To connect, and between two pieces of an answer."""
_PATIENCE_S = 30.0
_PAGE = 1000
_CONNECTIONS = 64


class GcsBucket:
    """Implements penstock.store.bucket.Bucket; `environ` may name an emulator, which asks for no credentials.

    Objects of more than `most_bytes` are not read. BucketFailed if there are no credentials.
    """

    def __init__(
        self,
        place: CloudBucket,
        environ: Mapping[str, str],
        *,
        most_bytes: int,
        patience_s: float = _PATIENCE_S,
        timeouts_s: tuple[float, float] = _TIMEOUTS_S,
        page: int = _PAGE,
    ) -> None:
        from google.cloud.storage.retry import DEFAULT_RETRY

        self._place = place
        self._most_bytes = most_bytes
        self._page = page
        self._host = emulator_of(environ) or _HOST
        self._bucket = _client(self._host).bucket(place.name)
        backoff = DEFAULT_RETRY.with_delay(initial=patience_s / 60, maximum=patience_s / 4)
        self._again = {"retry": backoff.with_timeout(patience_s), "timeout": timeouts_s}
        self._once = {"retry": None, "timeout": timeouts_s}

    def check(self) -> None:
        """See the port."""
        with failing("listed"):
            next(iter(self._listed("", most=1)), None)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """See the port."""
        expected = 0 if if_absent else if_generation
        blob = self._blob(key)
        blob.cache_control = "no-store"
        with failing("written", key):
            blob.upload_from_file(
                io.BytesIO(data),
                size=len(data),
                content_type="application/octet-stream",
                checksum="crc32c",
                if_generation_match=expected,
                **(self._once if expected is None else self._again),
            )
            _check_sum(blob, data)
            return _generation(blob)

    def get(self, key: str) -> tuple[bytes, int] | None:
        """See the port."""
        blob, body = self._blob(key), _Body(self._most_bytes)
        try:
            with failing("read", key):
                blob.download_to_file(body, raw_download=True, checksum="crc32c", **self._again)
                data = body.getvalue()
                _check_sum(blob, data)
                return data, _generation(blob)
        except NotThere:
            if body.tell():
                raise BucketFailed(f"{key} was replaced while it was read") from None
            return None

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """See the port; objects that are none of ours by their name are left out."""
        with failing("listed"):
            found = [self._entry(blob) for blob in self._listed(prefix)]
        return tuple(sorted((entry for entry in found if is_key(entry.key)), key=lambda entry: entry.key))

    def delete(self, key: str) -> None:
        """See the port."""
        try:
            with failing("deleted", key):
                self._blob(key).delete(**self._once)
        except NotThere:
            return

    def url(self, key: str) -> str:
        """See the port."""
        check_key(key)
        return f"{self._host}/{self._place.name}/{quote(self._place.prefix + key)}"

    def _blob(self, key: str) -> Blob:
        check_key(key)
        return self._bucket.blob(self._place.prefix + key)

    def _listed(self, prefix: str, most: int | None = None) -> Any:
        return self._bucket.list_blobs(
            prefix=self._place.prefix + prefix,
            page_size=self._page,
            max_results=most,
            fields="items(name,size,updated,generation),nextPageToken",
            **self._again,
        )

    def _entry(self, blob: Blob) -> Entry:
        key = str(blob.name).removeprefix(self._place.prefix)
        return Entry(key, int(blob.size or 0), blob.updated, _generation(blob))


class _Body(io.BytesIO):
    """What is read of an object, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most_bytes = most_bytes

    def write(self, piece: Any) -> int:
        if self.tell() + len(piece) > self._most_bytes:
            raise TooLarge(self._most_bytes)
        return super().write(piece)


def emulator_of(environ: Mapping[str, str]) -> str:
    """The address of an emulator, empty if there is none. Some clients leave out its scheme."""
    given = environ.get(EMULATOR, "").strip().rstrip("/")
    return given if not given or "://" in given else f"http://{given}"


def _client(host: str) -> Client:
    """A client without a project, and without proxies and .netrc that nobody told us of."""
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud.storage import Client
    from requests.adapters import HTTPAdapter

    os.environ.setdefault(_NO_BUCKET_METADATA, "true")
    session = AuthorizedSession(_credentials(anonymous=host != _HOST))
    session.trust_env = False
    session.hooks["response"].append(_release)
    session.mount(f"{host}/", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    options = {"api_endpoint": host}
    return Client(project=None, credentials=session.credentials, _http=session, client_options=options)


def _release(response: requests.Response, **_: object) -> None:
    """Read what was refused, so that its connection is free again: the client leaves it open."""
    if response.status_code >= 400:
        response.content  # noqa: B018 - reading is what it is about


def _credentials(*, anonymous: bool) -> Any:
    """The application's default credentials; BucketFailed if there are none, or nobody says so now."""
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import GoogleAuthError

    if anonymous:
        return AnonymousCredentials()
    try:
        return google.auth.default(scopes=_SCOPES)[0]
    except GoogleAuthError as error:
        raise BucketFailed(
            f"there are no credentials for gs:// ({type(error).__name__}): run with a service account"
            " that may use the bucket, or name its key in GOOGLE_APPLICATION_CREDENTIALS"
        ) from None


def _generation(blob: Blob) -> int:
    if blob.generation is None:
        raise BucketFailed("Cloud Storage did not say of which generation the object is")
    return int(blob.generation)


def _check_sum(blob: Blob, data: bytes) -> None:
    """BucketFailed unless the store's checksum is the data's.

    The client itself checks neither what it had to read in two pieces nor what comes without a checksum.
    """
    import google_crc32c

    ours = base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
    if blob.crc32c != ours:
        raise BucketFailed("the object's checksum on Cloud Storage is not the one of what was sent or read")
