"""A cluster that can be looked at, and asked what a write would do, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeVar

from penstock.base.errors import Terminal
from penstock.cluster.catalog import Catalog
from penstock.cluster.discovery import Discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.cluster.port import Cluster

T = TypeVar("T")


class ReadOnly:
    """Implements penstock.cluster.port.Cluster; whatever would change the cluster is a bug of its caller."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def get(self, ref: ObjectRef) -> Json | None:
        """See the port."""
        return self._cluster.get(ref)

    def list(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[Json, ...]:
        """See the port."""
        return self._cluster.list(group, version, kind, namespace, label_selector, metadata_only)

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
        """See the port."""
        return self._cluster.list_of(of, group, version, kind, namespace, label_selector, metadata_only)

    def apply(self, obj: Json, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Json:
        """A dry-run, whose answer is what would be stored."""
        if not dry_run:
            self._refuse("apply")
        return self._cluster.apply(obj, field_manager=field_manager, dry_run=True, force=force)

    def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """Likewise."""
        if not dry_run:
            self._refuse("create")
        return self._cluster.create(obj, field_manager=field_manager, dry_run=True)

    def warnings(self, obj: Json) -> tuple[str, ...]:
        """See the port: it is a dry-run."""
        return self._cluster.warnings(obj)

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str | None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Never."""
        del ref, uid, resource_version, propagation
        self._refuse("delete")

    def merge_patch(
        self,
        ref: ObjectRef,
        patch: Json,
        *,
        field_manager: str,
        subresource: str = "",
        resource_version: str | None = None,
    ) -> Json:
        """Never."""
        del ref, patch, field_manager, subresource, resource_version
        self._refuse("patch")

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """Never."""
        del ref, operations, field_manager, resource_version
        self._refuse("patch")

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
        """See the port."""
        return self._cluster.watch(
            group, version, kind, namespace, name, resource_version, timeout_s, label_selector
        )

    def discovery(self) -> Discovery:
        """See the port."""
        return self._cluster.discovery()

    def identity(self) -> str:
        """See the port."""
        return self._cluster.identity()

    def version(self) -> str:
        """See the port."""
        return self._cluster.version()

    def within(self, deadline: Deadline) -> ReadOnly:
        """See the port."""
        return ReadOnly(self._cluster.within(deadline))

    def _refuse(self, verb: str) -> NoReturn:
        raise AssertionError(f"who only looks may not {verb}")


class Nowhere:
    """Implements penstock.cluster.port.Cluster where there is none: nothing is known, and nobody is asked."""

    def get(self, ref: ObjectRef) -> Json | None:
        """Nothing is there."""
        del ref
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
        """Nothing is there."""
        del group, version, kind, namespace, label_selector, metadata_only
        return ()

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
        """Nothing is there."""
        del of, group, version, kind, namespace, label_selector, metadata_only
        return ()

    def apply(self, obj: Json, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Json:
        """Nobody knows."""
        del obj, field_manager, dry_run, force
        raise _nobody()

    def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """Nobody knows."""
        del obj, field_manager, dry_run
        raise _nobody()

    def warnings(self, obj: Json) -> tuple[str, ...]:
        """Nobody knows."""
        del obj
        raise _nobody()

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str | None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Nobody does it."""
        del ref, uid, resource_version, propagation
        raise _nobody()

    def merge_patch(
        self,
        ref: ObjectRef,
        patch: Json,
        *,
        field_manager: str,
        subresource: str = "",
        resource_version: str | None = None,
    ) -> Json:
        """Nobody does it."""
        del ref, patch, field_manager, subresource, resource_version
        raise _nobody()

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """Nobody does it."""
        del ref, operations, field_manager, resource_version
        raise _nobody()

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
        """Nothing happens."""
        del group, version, kind, namespace, name, resource_version, timeout_s, label_selector
        return iter(())

    def discovery(self) -> Discovery:
        """No kinds."""
        return Discovery(Catalog)

    def identity(self) -> str:
        """It has none."""
        raise _nobody()

    def version(self) -> str:
        """It has none."""
        raise _nobody()

    def within(self, deadline: Deadline) -> Nowhere:
        """The same."""
        del deadline
        return self


def _nobody() -> Terminal:
    return Terminal("no cluster is asked here", reason="Offline")
