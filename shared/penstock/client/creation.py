"""Making Flux objects and Secrets, as `flux create` does: written, then waited for (contract C3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import metadata
from penstock.client import parts
from penstock.client.gitlogin import show_public
from penstock.client.gitsecret import secret
from penstock.client.progress import success
from penstock.client.upsert import upsert, write_and_wait
from penstock.client.waiting import WaitFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.client.ports import Ports

_DEPLOY_KEY = "Have you added the deploy key to your repository"


def create_git_repository(
    ports: Ports, obj: Json, login: dict[str, str], confirm: Callable[[str], None]
) -> None:
    """The GitRepository, and the Secret that it logs in with if there is anything in it.

    `confirm` raises if the person does not have the deploy key in place; nothing is written then.
    """
    if login:
        ports = _with_secret(ports, obj, login, confirm)
        obj["spec"]["secretRef"] = {"name": metadata(obj)["name"]}
    noun = "GitRepository source"
    found = write_and_wait(ports, obj, noun)
    ports.tell.success(f"{noun} reconciliation completed")
    revision = parts.revision(found)
    if not revision:
        raise WaitFailed(f"{noun} reconciliation completed but no artifact was found")
    ports.tell.success(f"fetched revision: {revision}")


def create_kustomization(ports: Ports, obj: Json) -> None:
    """The Kustomization."""
    found = write_and_wait(ports, obj, "Kustomization")
    ports.tell.success(f"Kustomization {metadata(obj)['name']} is ready")
    if done := success(found):
        ports.tell.success(done)


def create_git_secret(ports: Ports, obj: Json) -> None:
    """The Secret of a Git server."""
    show_public(ports.tell, obj["stringData"])
    upsert(ports, obj)
    meta = metadata(obj)
    ports.tell.action(f"git secret '{meta['name']}' created in '{meta['namespace']}' namespace")


def _with_secret(ports: Ports, obj: Json, login: dict[str, str], confirm: Callable[[str], None]) -> Ports:
    """The Secret is written; the time that is left then, for the rest."""
    meta = metadata(obj)
    show_public(ports.tell, login)
    if "identity.pub" in login:
        confirm(_DEPLOY_KEY)
        ports = ports.anew()
    ports.tell.action("applying secret with repository credentials")
    upsert(ports, secret(meta["namespace"], meta["name"], login))
    ports.tell.success("authentication configured")
    return ports
