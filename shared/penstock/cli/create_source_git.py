"""`penstock create source git`: a GitRepository, with what it logs in with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli import printing
from penstock.cli.acting import acting
from penstock.cli.creating import export_flags, interval_flag, limits, login_flags, login_wish, scan, show
from penstock.cli.kube import Duration, kube_flags
from penstock.cli.person import confirm
from penstock.cli.switches import SwitchCommand

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.cli.kube import Kube
    from penstock.client.gitlogin import LoginWish


@click.command("git", cls=SwitchCommand)
@click.argument("name")
@click.option(
    "--url", default="", metavar="URL", help="The repository: https://host/path or ssh://git@host/path."
)
@click.option("--branch", default="", metavar="NAME", help="The branch to follow.")
@click.option("--tag", default="", metavar="NAME", help="The tag to follow.")
@click.option("--tag-semver", "semver", default="", metavar="RANGE", help="The newest tag in the range.")
@click.option("--ref-name", default="", metavar="REF", help="A full reference, such as refs/heads/main.")
@click.option("--commit", default="", metavar="SHA", help="The commit to stay at.")
@login_flags(authority="--ca-file")
@click.option("--secret-ref", default="", metavar="NAME", help="A Secret that is there, to log in with.")
@click.option("--proxy-secret-ref", default="", metavar="NAME", help="Not built here yet.")
@click.option("--provider", default="", metavar="NAME", help="generic; flux's others are not built here yet.")
@click.option("--recurse-submodules", is_flag=True, help="Fetch all submodules, too.")
@click.option(
    "--ignore-paths", multiple=True, metavar="PATHS", help="What to leave out, separated by commas."
)
@click.option(
    "--sparse-checkout-paths", multiple=True, metavar="PATHS", help="What to check out alone, by commas."
)
@click.option(
    "--fetch-timeout",
    "fetch_timeout_s",
    type=Duration(),
    default=0.0,
    show_default="60s",
    metavar="DURATION",
    help="How long one fetch may take.",
)
@interval_flag()
@click.option("-s", "--silent", is_flag=True, help="Do not ask whether the deploy key is in place.")
@export_flags()
@kube_flags()
def command(name: str, kube: Kube, *, silent: bool, export: bool, **given: Any) -> None:
    """Create or update GitRepository NAME and wait until it is fetched.

    \b
      penstock create source git fleet --url=https://github.com/example/fleet --branch=main
      penstock create source git fleet --url=ssh://git@github.com/example/fleet --branch=main
      penstock create source git fleet --url=https://… --branch=main -u git -p "$TOKEN" --interval=10m
      penstock create source git fleet --url=https://… --tag-semver='>=1.0.0' --export > fleet.yaml

    For ssh a deploy key is made, or that of --private-key-file taken, and the server's keys are scanned;
    what is public of it is shown, and the Secret NAME keeps all of it. User and password go into a Secret
    likewise. The exit code is 1 if it fails, or is not ready in time.
    """
    from penstock.client.manifests import (  # noqa: PLC0415 - not needed for --help
        NewGitRepository,
        git_repository_of,
    )

    wish = login_wish(given, limits())
    interval_s, labels = given.pop("interval"), tuple(given.pop("labels"))
    obj = git_repository_of(
        NewGitRepository(name=name, namespace=kube.namespace, interval_s=interval_s, labels=labels, **given)
    )
    if export:
        show(obj)
    else:
        _create(kube, obj, wish, silent=silent)


def _create(kube: Kube, obj: Json, wish: LoginWish, *, silent: bool) -> None:
    from penstock.client.creation import create_git_repository  # noqa: PLC0415 - not needed for --help
    from penstock.client.gitlogin import login_data  # noqa: PLC0415 - likewise
    from penstock.client.manifests import git_url  # noqa: PLC0415 - likewise

    with acting(kube) as ports:
        printing.generating("generating GitRepository source")
        data = dict[str, str]()
        if "secretRef" not in obj["spec"]:
            url = git_url(obj["spec"]["url"])
            data = login_data(url, wish, scan, ports.deadline, limits(), required=False)
        create_git_repository(
            ports, obj, data, lambda question: confirm(question, yes=silent, flag="--silent")
        )
