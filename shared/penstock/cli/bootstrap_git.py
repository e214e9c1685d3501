"""`penstock bootstrap git`: any Git server, over https or ssh."""
# ruff: noqa: PLC0415 - `--help` needs none of it

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import Terminal
from penstock.cli.bootstrap_flags import shared_flags, switch

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.deadline import Deadline
    from penstock.bootstrap.secret import Given
    from penstock.bootstrap.steps.naming import Named
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.cli.kube import Kube
    from penstock.runtime.wiring import Wiring
    from penstock.source.url import RepositoryURL

_VARIABLE = "GIT_PASSWORD"
_AGENT = "SSH_AUTH_SOCK"


@click.command("git")
@click.option("--url", required=True, metavar="URL", help="The repository: https://… or ssh://git@….")
@click.option("-u", "--username", default="git", show_default=True, help="The user name for https.")
@click.option(
    "-p",
    "--password",
    default="",
    metavar="TEXT",
    help=f"Its password, or the key's passphrase; else {_VARIABLE}.",
)
@switch("--with-bearer-token", "The password is a bearer token.")
@switch("--allow-insecure-http", "Plain http; with a login on this machine only.")
@switch("--silent", "Do not ask whether the key has been given access.")
@shared_flags
def command(kube: Kube, flags: dict[str, Any], **own: Any) -> None:
    """Deploy penstock on a cluster connected to a Git repository.

    Pushes the manifests below --path, and has the cluster follow it. Over ssh it takes the key of
    --private-key-file, for pushing and for the cluster. With the keys of an SSH agent, or over https, the
    cluster gets a new deploy key, which you are asked to give access; with --token-auth it gets the user name
    and password.

    \b
      penstock bootstrap git --url=ssh://git@git.example.com/fleet \\
        --private-key-file=id_ed25519 --path=clusters/prod
      GIT_PASSWORD=<password> penstock bootstrap git --url=https://git.example.com/fleet.git \\
        --username=ada --token-auth --path=clusters/prod
    """
    from penstock.api.refs import ObjectRef
    from penstock.bootstrap.steps.naming import connect
    from penstock.cli.bootstrap_reading import Plan, check, execute

    url = _url(own["url"])
    _check(url, flags, own)
    check(kube, flags)
    by_token = flags["token_auth"] or own["with_bearer_token"]
    own["password"] = own["password"] or ("" if flags["export"] else _password(needed=by_token))
    named = _named(url, flags, own, by_token=by_token)

    def connect_to(wiring: Wiring, deadline: Deadline) -> Callable[[Ports], Origin]:
        del wiring, deadline
        secret = ObjectRef("", "v1", "Secret", kube.namespace, flags["secret_name"] or kube.namespace)
        return lambda ports: connect(ports, named, secret)

    given, secrets = _given(flags, own, by_token=by_token), (own["password"], url.password)
    more = {"silent": own["silent"]}
    execute(kube, flags, Plan(given, named.sync_url, connect_to, secrets, signed=False, more=more))


def _url(given: str) -> RepositoryURL:
    from penstock.source.url import InvalidURL, parse_url

    try:
        return parse_url(given)
    except InvalidURL as error:
        raise click.UsageError(error.message.replace("spec.url", "--url", 1)) from None


def _named(url: RepositoryURL, flags: dict[str, Any], own: dict[str, Any], *, by_token: bool) -> Named:
    """The address to push to, and the one that the cluster follows with its own login."""
    from penstock.bootstrap.address import sync_url
    from penstock.bootstrap.steps.naming import Named
    from penstock.cli.bootstrap_reading import file_of, pair_of_flags

    user, host = own["username"], flags["ssh_hostname"]
    return Named(
        url,
        sync_url(own["url"], ssh=not by_token, username=user, ssh_hostname=host),
        username=user,
        password=own["password"],
        bearer=own["with_bearer_token"],
        authority=file_of(flags["ca_file"], "--ca-file"),
        pair=pair_of_flags(flags, own["password"]),
        agent=os.environ.get(_AGENT, ""),
    )


def _check(url: RepositoryURL, flags: dict[str, Any], own: dict[str, Any]) -> None:
    if url.scheme == "http" and not own["allow_insecure_http"]:
        raise click.UsageError("scheme http is insecure, pass --allow-insecure-http=true to allow it")
    agent = os.environ.get(_AGENT)
    if url.scheme == "ssh" and not flags["private_key_file"] and not agent and not flags["export"]:
        raise click.UsageError(f"an ssh URL needs --private-key-file, or an SSH agent ({_AGENT})")


def _password(*, needed: bool) -> str:
    from penstock.cli.bootstrap_reading import read_secret, secret_in

    if not needed:
        return secret_in(_VARIABLE)
    return read_secret(_VARIABLE, "Please enter your Git repository password")


def _given(flags: dict[str, Any], own: dict[str, Any], *, by_token: bool) -> Given:
    """What the cluster logs in with: the user's login, the user's key, or one that is to be made."""
    from penstock.bootstrap.secret import Given, token_data
    from penstock.cli.bootstrap_reading import file_of, pair_of_flags

    if not by_token:
        return Given(ssh=True, pair=pair_of_flags(flags, own["password"]))
    authority = file_of(flags["ca_file"], "--ca-file")
    bearer = own["with_bearer_token"]
    return Given(
        ssh=False, data=token_data(own["username"], own["password"], bearer=bearer, authority=authority)
    )


@click.command("bitbucket-server", context_settings={"ignore_unknown_options": True}, hidden=True)
@click.argument("given", nargs=-1, type=click.UNPROCESSED)
def bitbucket_server(given: tuple[str, ...]) -> None:
    """Not built here yet."""
    del given
    raise Terminal(
        "bootstrap bitbucket-server is not built here yet: use `penstock bootstrap git`, for any Git server",
        reason="NotSupported",
    )
