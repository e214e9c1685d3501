"""One request about a tree: its listing is sent if the helper lacks it, contents as it asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.tools.upstream import frames
from penstock.tools.upstream.errors import Code, failure
from penstock.tools.upstream.process import HelperGone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.tools.upstream.process import UpstreamProcess


_MOST_TREES = 64
"""Ids that are remembered of one helper; it keeps far fewer trees, and one too many is merely sent again."""


@dataclass(frozen=True)
class Tree:
    """An artifact: files by path, folders that may be empty, and the id under which the helper keeps it."""

    files: Mapping[str, bytes]
    folders: Collection[str]
    id: str
    lasting: bool
    """Whether further requests may come for it."""


@dataclass(frozen=True)
class Exchange:
    """A request's conversation with one helper; the contents it sends stay below `most_bytes`."""

    helper: UpstreamProcess
    tree: Tree
    most_bytes: int
    deadline: Deadline

    def run(self, request: Json) -> Json:
        """The answer to the request, which may be an error."""
        answer: Json = {}
        for _ in range(2):
            if self.tree.id not in self.helper.trees:
                answer = self._send_tree(request["id"])
                if "error" in answer:
                    return answer
            answer = self._ask(request)
            dropped = answer.get("error", {}).get("code") == Code.UNKNOWN_TREE
            if dropped or not self.tree.lasting:
                self.helper.trees.discard(self.tree.id)
            if not dropped:
                return answer
        return answer

    def _send_tree(self, request_id: int) -> Json:
        paths = [*self.tree.files, *(f"{folder}/" for folder in self.tree.folders)]
        listing = b"".join(path.encode() + b"\0" for path in paths)
        head = {"id": request_id, "op": "tree", "tree": self.tree.id}
        self.helper.send(frames.encode(head, listing), self.deadline)
        if len(self.helper.trees) >= _MOST_TREES:
            self.helper.trees.clear()
        self.helper.trees.add(self.tree.id)
        return self.helper.receive(self.deadline)

    def _ask(self, request: Json) -> Json:
        self.helper.send(frames.encode(request), self.deadline)
        left = self.most_bytes
        while True:
            answer = self.helper.receive(self.deadline)
            if answer.get("id") != request["id"]:
                raise HelperGone("the upstream helper answered another request")
            if "ok" in answer or "error" in answer:
                return answer
            contents = [self.tree.files[path] for path in answer.get("need", ())]
            left -= sum(map(len, contents))
            message = _contents(request["id"], contents) if left >= 0 else self._refusal(request["id"])
            self.helper.send(message, self.deadline)

    def _refusal(self, request_id: int) -> bytes:
        why = (
            f"the manifests are larger than {self.most_bytes} bytes: split the Kustomization by spec.path, "
            "or raise PENSTOCK_LIMIT_MANIFEST_BYTES and PENSTOCK_LIMIT_BUILD_MEMORY_BYTES"
        )
        return frames.encode({"id": request_id, "refused": why})


def _contents(request_id: int, contents: list[bytes]) -> bytes:
    return frames.encode({"id": request_id, "sizes": [len(data) for data in contents]}, b"".join(contents))


def checked(answer: Json) -> Any:
    """The result in an answer; the error's exception if it holds one."""
    if error := answer.get("error"):
        raise failure(error)
    return answer["ok"]
