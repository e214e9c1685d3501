"""The port: what flows may ask of a cluster. penstock.cluster.client is the real one.

Every method raises penstock.cluster.errors: Refused (Terminal) or Failed (Transient), retries done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.cluster.discovery import Discovery


T = TypeVar("T")


class Cluster(Protocol):
    """One Kubernetes API. Safe to share between threads."""

    def get(self, ref: ObjectRef) -> Json | None:
        """The object, or None if it is not there; UnknownKind if the cluster serves no such kind."""
        ...

    def list(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[Json, ...]:
        """All objects of a kind at one moment, in one namespace or (None) in all.

        Each carries its apiVersion and kind; with `metadata_only` it carries nothing but them and metadata.
        """
        ...

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
        """What `of` makes of each object of such a list: they are not in memory all at once."""
        ...

    def apply(self, obj: Json, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Json:
        """Server-side apply; the object as it is (or would be) stored. A dry-run that would create it has
        no resourceVersion."""
        ...

    def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """The stored object; AlreadyExists if the name is taken. Never repeated blindly.

        A dry-run of an object that is valid says AlreadyExists too, where there is one of that name.
        """
        ...

    def warnings(self, obj: Json) -> tuple[str, ...]:
        """What the API server, and whoever it asks, warns of when the object is created; it is a dry-run.

        The object may have a generateName in place of a name.
        """
        ...

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str | None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Ask for deletion; False if it was gone.

        Conflict if another object has the name (uid), or if it is not as it was read (resource_version).
        """
        ...

    def merge_patch(
        self,
        ref: ObjectRef,
        patch: Json,
        *,
        field_manager: str,
        subresource: str = "",
        resource_version: str | None = None,
    ) -> Json:
        """JSON merge patch (RFC 7386); Conflict if `resource_version` is given and no longer current."""
        ...

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """JSON patch (RFC 6902) of the object as it was read; Conflict if it is another one by now."""
        ...

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
        """Events `{"type": ..., "object": ...}` after `resource_version` until `timeout_s` is over.

        An empty name watches all of the kind in the namespace (empty: all). Without a resourceVersion the
        first events show what is there. Bookmarks are passed on. Expired when the resourceVersion is too old.
        """
        ...

    def discovery(self) -> Discovery:
        """The kinds that the cluster serves, cached; asking for an unknown one looks again."""
        ...

    def identity(self) -> str:
        """The UID of the Namespace kube-system: one per cluster, whatever its address.

        Not asked each time, but never older than a minute.
        """
        ...

    def version(self) -> str:
        """The API server's version, such as `v1.37.2`."""
        ...

    def within(self, deadline: Deadline) -> Cluster:
        """The same cluster with every request and retry ending at the deadline."""
        ...
