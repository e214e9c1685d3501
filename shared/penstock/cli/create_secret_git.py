"""`penstock create secret git`: what a GitRepository logs in to its server with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli.acting import acting
from penstock.cli.creating import export_flags, limits, login_flags, login_wish, scan, show
from penstock.cli.kube import kube_flags
from penstock.cli.switches import SwitchCommand

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.cli.kube import Kube
    from penstock.client.gitlogin import LoginWish


@click.command("git", cls=SwitchCommand)
@click.argument("name")
@click.option(
    "--url", default="", metavar="URL", help="The server's address: https://host/path or ssh://git@host/path."
)
@login_flags(authority="--ca-crt-file")
@click.option(
    "--bearer-token", default="", metavar="TEXT", help="A bearer token for https, in place of a password."
)
@export_flags()
@kube_flags()
def command(name: str, kube: Kube, *, url: str, labels: tuple[str, ...], export: bool, **given: Any) -> None:
    """Create or update the Secret NAME, with what a GitRepository logs in with.

    \b
      penstock create secret git fleet-auth --url=ssh://git@github.com/example/fleet
      penstock create secret git fleet-auth --url=ssh://git@host/fleet --ssh-key-algorithm=ed25519
      penstock create secret git fleet-auth --url=https://github.com/example/fleet -u git -p "$TOKEN"
      penstock create secret git fleet-auth --url=ssh://git@host/fleet --export > fleet-auth.yaml

    For ssh a deploy key is made, or that of --private-key-file taken, and the server's keys are scanned. The
    public key is printed, to be added to the repository; the private one by --export alone, which writes
    nothing.
    """
    from penstock.client.gitsecret import secret  # noqa: PLC0415 - not needed for --help

    wish = login_wish(given, limits())
    obj = secret(kube.namespace, name, {}, labels)
    if export:
        show({**obj, "stringData": _data(kube, url, wish)})
    else:
        _create(kube, obj, url, wish)


def _create(kube: Kube, obj: Json, url: str, wish: LoginWish) -> None:
    from penstock.client.creation import create_git_secret  # noqa: PLC0415 - not needed for --help

    data = _data(kube, url, wish)
    with acting(kube) as ports:
        create_git_secret(ports, {**obj, "stringData": data})


def _data(kube: Kube, url: str, wish: LoginWish) -> dict[str, str]:
    from penstock.base.clock import SystemClock  # noqa: PLC0415 - not needed for --help
    from penstock.base.deadline import Deadline  # noqa: PLC0415 - likewise
    from penstock.client.gitlogin import login_data  # noqa: PLC0415 - likewise
    from penstock.client.manifests import git_url  # noqa: PLC0415 - likewise

    deadline = Deadline.after(SystemClock(), kube.timeout_s)
    return login_data(git_url(url), wish, scan, deadline, limits(), required=True)
