"""The one Kubernetes client: the cluster port over HTTP and JSON.

Source: the Kubernetes API conventions. fieldValidation is left to the server's default, as Flux
leaves it: server-side apply refuses fields that the schema does not declare by itself.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import orjson

from penstock.api.refs import ObjectRef
from penstock.base.clock import SystemClock
from penstock.base.limits import Limits
from penstock.cluster import request as req
from penstock.cluster.discovery import Discovery, load_catalog
from penstock.cluster.errors import NotFound, Unavailable, UnknownKind
from penstock.cluster.lists import list_all
from penstock.cluster.port import Cluster
from penstock.cluster.request import Request, collection_path, object_path, with_query
from penstock.cluster.watches import parse_events, split_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.deadline import Deadline
    from penstock.cluster.catalog import Resource
    from penstock.cluster.session import Session

__all__ = ["ApiCluster", "Cluster"]

T = TypeVar("T")

IDENTITY_SECONDS = 60.0
"""How long the identity of a cluster is taken for granted (threats B-35)."""
_WATCH_GRACE_SECONDS = 5.0


class ApiCluster:
    """Implements penstock.cluster.port.Cluster on a real API server; the port says what each method gives."""

    def __init__(self, session: Session, *, clock: Clock | None = None, limits: Limits | None = None) -> None:
        self._session = session
        self._event_bytes = (limits or Limits()).watch_event_bytes
        self._discovery = Discovery(lambda: load_catalog(self._fetch), clock=clock)
        self._clock: Clock = clock or SystemClock()
        self._memory: dict[str, tuple[str, float]] = {}

    def within(self, deadline: Deadline) -> ApiCluster:
        """The same cluster with every request and retry ending at the deadline."""
        view = copy.copy(self)
        view._session = self._session.within(deadline)  # noqa: SLF001 - one of us, not yet shown to anybody
        return view

    def get(self, ref: ObjectRef) -> Json | None:
        """The object, or None."""
        try:
            return self._call(ref, "GET", self._object(ref))
        except UnknownKind:
            raise
        except NotFound:
            return None

    def list(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[Json, ...]:
        """All objects of a kind, in pages of one consistent view."""
        return self.list_of(_itself, group, version, kind, namespace, label_selector, metadata_only)

    def list_of(
        self,
        of: Callable[[Json], T],
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[T, ...]:
        """What `of` makes of them, page by page."""
        ref = ObjectRef(group, version, kind, namespace or "", "")
        resource = self._resource(ref)
        request = _request(ref, "GET", collection_path(resource, namespace or ""))
        if metadata_only:
            request = replace(request, accept=req.METADATA_LIST)
        identity = {"apiVersion": f"{group}/{resource.version}" if group else resource.version, "kind": kind}

        def whole(item: Json) -> T:
            # Items of a list carry no kind, or that of the metadata view.
            return of({**identity, "metadata": item["metadata"]} if metadata_only else {**item, **identity})

        return tuple(list_all(lambda page: self._known(ref, page), request, label_selector, whole))

    def apply(self, obj: Json, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Json:
        """Server-side apply."""
        ref = ObjectRef.from_object(obj)
        query = {
            "fieldManager": field_manager,
            "force": str(force).lower(),
            "dryRun": "All" if dry_run else "",
        }
        path = with_query(self._object(ref), **query)
        return self._call(ref, "PATCH", path, obj, content_type=req.APPLY_PATCH)

    def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """The stored object."""
        ref = ObjectRef.from_object(obj)
        query = {"fieldManager": field_manager, "dryRun": "All" if dry_run else ""}
        path = with_query(collection_path(self._resource(ref), ref.namespace), **query)
        return self._call(ref, "POST", path, obj, repeatable=dry_run)

    def warnings(self, obj: Json) -> tuple[str, ...]:
        """What is warned of when the object is created, which is not done."""
        ref = ObjectRef.from_object(obj)
        path = with_query(collection_path(self._resource(ref), ref.namespace), dryRun="All")
        request = replace(_request(ref, "POST", path), body=orjson.dumps(obj))
        return req.warnings(self._session.call_whole(request)[1])

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str | None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Whether there was something to delete."""
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        wanted = {"uid": uid, "resourceVersion": resource_version}
        if preconditions := {key: value for key, value in wanted.items() if value is not None}:
            options["preconditions"] = preconditions
        try:
            self._call(ref, "DELETE", self._object(ref), options)
        except UnknownKind:
            raise
        except NotFound:
            return False
        return True

    def merge_patch(
        self,
        ref: ObjectRef,
        patch: Json,
        *,
        field_manager: str,
        subresource: str = "",
        resource_version: str | None = None,
    ) -> Json:
        """The patched object."""
        if resource_version is not None:
            patch = {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": resource_version}}
        path = with_query(self._object(ref, subresource), fieldManager=field_manager)
        return self._call(ref, "PATCH", path, patch, content_type=req.MERGE_PATCH)

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """The patched object."""
        current = {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version}
        path = with_query(self._object(ref), fieldManager=field_manager)
        return self._call(ref, "PATCH", path, (current, *operations), content_type=req.JSON_PATCH)

    def watch(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str,
        name: str,
        resource_version: str,
        timeout_s: float,
        label_selector: str = "",
    ) -> Iterator[Json]:
        """Events until the server ends the watch after `timeout_s`; LimitExceeded if one is too large."""
        ref = ObjectRef(group, version, kind, namespace, name)
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "fieldSelector": f"metadata.name={name}" if name else "",
            "labelSelector": label_selector,
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, int(timeout_s))),
        }
        path = with_query(collection_path(self._resource(ref), namespace), **query)
        request = _request(ref, "GET", path)
        with self._session.stream(request, timeout_s + _WATCH_GRACE_SECONDS) as pieces:
            yield from parse_events(split_lines(pieces, self._event_bytes), request)

    def discovery(self) -> Discovery:
        """The kinds that the cluster serves."""
        return self._discovery

    def identity(self) -> str:
        """The UID of kube-system; asked again now and then, as another cluster may have taken the address."""
        known, until = self._memory.get("identity", ("", float("-inf")))
        if self._clock.monotonic() < until:
            return known
        found = self.get(ObjectRef("", "v1", "Namespace", "", "kube-system"))
        if found is None:
            raise Unavailable("the Namespace kube-system is not there; is this a Kubernetes cluster?")
        identity = str(found["metadata"]["uid"])
        self._memory["identity"] = (identity, self._clock.monotonic() + IDENTITY_SECONDS)
        return identity

    def version(self) -> str:
        """The API server's gitVersion."""
        return str(self._fetch("/version", req.JSON).get("gitVersion") or "")

    def _resource(self, ref: ObjectRef) -> Resource:
        found = self._discovery.find(ref.group, ref.kind, ref.version)
        if found is None:
            raise _no_match(ref)
        return found

    def _object(self, ref: ObjectRef, subresource: str = "") -> str:
        return object_path(self._resource(ref), ref.namespace, ref.name, subresource)

    def _call(
        self,
        ref: ObjectRef,
        method: str,
        path: str,
        body: Json | Sequence[Json] | None = None,
        *,
        content_type: str = req.JSON,
        repeatable: bool = True,
    ) -> Json:
        request = Request(
            method,
            path,
            str(ref),
            body=None if body is None else orjson.dumps(body),
            content_type=content_type,
            secret=_secret(ref),
            repeatable=repeatable,
        )
        return self._known(ref, request)

    def _known(self, ref: ObjectRef, request: Request) -> Json:
        """The answer; a path that is gone means that the catalog is out of date."""
        try:
            answer: Json = self._session.call(request)
        except UnknownKind:
            self._discovery.doubt()
            raise _no_match(ref) from None
        return answer

    def _fetch(self, path: str, accept: str) -> Json:
        answer: Json = self._session.call(Request("GET", path, path, accept=accept))
        return answer


def _request(ref: ObjectRef, method: str, path: str) -> Request:
    return Request(method, path, str(ref), secret=_secret(ref))


def _secret(ref: ObjectRef) -> bool:
    return (ref.group, ref.kind) == ("", "Secret")


def _itself(obj: Json) -> Json:
    return obj


def _no_match(ref: ObjectRef) -> UnknownKind:
    return UnknownKind(f'no matches for kind "{ref.kind}" in version "{ref.api_version}"', status=404)
