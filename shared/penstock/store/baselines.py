"""What the last full pass of a Kustomization came from and left behind (architecture decision 3).

Losing one only means another full pass. They are bound to the cluster as records are; one that a newer
penstock wrote is left as it is and not used (threats B-30, B-35).
"""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from penstock.api.refs import ObjectRef
from penstock.base.structs import learn
from penstock.store.bucket import Bucket, PreconditionFailed, get_or_drop
from penstock.store.place import Place
from penstock.store.versioned import decoded, version_of

VERSION = 1


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """An object as it was left, by its `mark`, and as it was applied, by what it was `made` from.

    Both are of penstock.kustomize.fingerprint; `made` is empty where it is not kept. `health` is the mark of
    the status with which it was last found healthy (penstock.kustomize.health), `-` if it is left alone,
    empty where health was not looked at.
    """

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    mark: str
    made: str = ""
    health: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The object's name."""
        return ObjectRef(self.group, self.version, self.kind, self.namespace, self.name)


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """A full pass that succeeded: with the same inputs and the same objects, another finds nothing to do.

    `key` is the digest of the inputs beside the artifact, `closure` that of what the build found where it
    looked (the four tuples of penstock.kustomize.built.Reads). `objects` are all of the build, in order.
    """

    at: str
    """When, RFC 3339; that of the one before, if it was relied on for some of the objects."""
    key: str
    closure: str
    files_read: tuple[str, ...]
    absent: tuple[str, ...]
    listed: tuple[str, ...]
    directories: tuple[str, ...]
    build_digest: str
    objects: tuple[Standing, ...]
    version: int = VERSION


learn(Baseline)


class Baselines:
    """The baselines of one cluster; `identity` is as for penstock.store.place.Place."""

    def __init__(self, bucket: Bucket, identity: str | Callable[[], str]) -> None:
        self._bucket = bucket
        self._place = Place("baselines", identity)

    def read(self, ref: ObjectRef) -> Baseline | None:
        """The object's baseline; None if there is none that can be used."""
        found, _ = get_or_drop(self._bucket, self._key(ref))
        return None if found is None else decoded(found, Baseline, VERSION)

    def write(self, ref: ObjectRef, baseline: Baseline) -> None:
        """Replace the object's baseline, unless a newer penstock wrote it, or somebody just now."""
        found, generation = get_or_drop(self._bucket, self._key(ref))
        if found is None or version_of(found) <= VERSION:
            with suppress(PreconditionFailed):
                self._bucket.put(self._key(ref), msgspec.json.encode(baseline), if_generation=generation)

    def delete(self, ref: ObjectRef) -> None:
        """Forget the object."""
        self._bucket.delete(self._key(ref))

    def _key(self, ref: ObjectRef) -> str:
        return f"{self._place.of(ref)}.json"
