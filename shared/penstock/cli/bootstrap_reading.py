"""From the flags of `penstock bootstrap` to what is wanted; wrong ones are refused at once."""
# ruff: noqa: PLC0415 - `--help` needs none of it

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import PenstockError, Terminal
from penstock.cli import printing
from penstock.cli.flags import key_form
from penstock.cli.person import confirm, finishing, rights_hinted

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.deadline import Deadline
    from penstock.bootstrap.layout import Layout
    from penstock.bootstrap.secret import Given
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.wanted import Receiver, Wanted
    from penstock.cli.components import Chosen
    from penstock.cli.kube import Kube
    from penstock.install.components import Components
    from penstock.runtime.wiring import Wiring
    from penstock.source.keypair import KeyPair

_FILE_BYTES = 1024 * 1024
"""Ours, of a file that a flag names."""
_TOKEN_CHARACTERS = 4096
_AGAIN = "interrupted: run the same command again, it goes on from there"


def file_of(path: str | None, flag: str) -> bytes:
    """The content of a file that a flag names, empty without one; Terminal naming the flag."""
    if not path:
        return b""
    try:
        content = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise Terminal(f"{flag} {path}: {error.strerror or error}") from None
    if len(content) > _FILE_BYTES:
        raise Terminal(f"{flag} {path} is larger than {_FILE_BYTES} bytes")
    return content


def secret_in(variable: str) -> str:
    """What the variable of the environment holds; Terminal if that is no text."""
    found = os.environ.get(variable, "").strip()
    if any("\ud800" <= char <= "\udfff" for char in found):
        raise Terminal(f"{variable} has bytes that are no UTF-8: check what was pasted")
    return found


def read_secret(variable: str, prompt: str) -> str:
    """A token from the environment, else typed in unseen, or the first line of stdin, as flux reads it."""
    if found := secret_in(variable):
        return found
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, err=True)).strip()
    return sys.stdin.readline(_TOKEN_CHARACTERS).strip()


def layout_of(kube: Kube, path: str) -> Layout:
    """Where the files lie; wrong usage if --path cannot be one in a repository."""
    from penstock.bootstrap.layout import PathRefused, layout

    try:
        return layout(path, kube.namespace)
    except PathRefused as error:
        raise click.UsageError(error.message) from None


def pair_of_flags(flags: dict[str, Any], passphrase: str) -> KeyPair | None:
    """The pair of --private-key-file, None without it; Terminal if it is no key."""
    from penstock.base.limits import Limits
    from penstock.source.keypair import pair_in

    path = flags["private_key_file"]
    if not path:
        return None
    return pair_in(path, file_of(path, "--private-key-file"), passphrase, Limits())


def components_of(kube: Kube, chosen: Chosen) -> Components:
    """What gotk-components.yaml is to hold; Terminal for a component that Flux does not have, or needs."""
    found = chosen.wanted(kube.namespace)
    for name in ("source-controller", "kustomize-controller"):
        if name not in found.all_components:
            raise Terminal(f"component {name} is required")
    return found


def wanted_of(
    kube: Kube, flags: dict[str, Any], given: Given, receiver: Receiver | None, **more: Any
) -> Wanted:
    """All that is asked for."""
    from penstock.api.crd import FLUX_VERSION
    from penstock.bootstrap.wanted import Commits, Rendered, Wanted, problem
    from penstock.install.components import text

    components = components_of(kube, flags["chosen"])
    wanted = Wanted(
        layout=layout_of(kube, flags["path"]),
        branch=flags["branch"],
        interval_seconds=flags["interval"],
        secret_name=flags["secret_name"] or kube.namespace,
        commits=Commits(flags["author_name"], flags["author_email"], flags["commit_message_appendix"]),
        components=Rendered(lambda kept: text(components, kept), FLUX_VERSION),
        given=given,
        key_form=key_form(flags),
        recurse_submodules=flags["recurse_submodules"],
        sparse_checkout=flags["sparse_checkout"],
        force=flags["force"],
        replace_components=flags["replace_components"],
        receiver=receiver,
        **more,
    )
    if wrong := problem(wanted):
        raise click.UsageError(wrong)
    return wanted


def check(kube: Kube, flags: dict[str, Any]) -> None:
    """Wrong usage or Terminal for what the shared flags cannot say, before anybody is asked for a secret."""
    from penstock.bootstrap.secret import Given

    wanted_of(kube, flags, Given(ssh=True), None)


def receiver_of(wiring: Wiring, flags: dict[str, Any], *, secret: bool) -> Receiver | None:
    """Where the functions are, None if nobody says; wrong usage without a secret to sign with."""
    from penstock.base import parsers
    from penstock.bootstrap.wanted import Receiver

    given = flags["receiver_url"] or wiring.settings.receiver_url
    if not given:
        return None
    try:
        url = parsers.url(given).rstrip("/")
        content = file_of(flags["webhook_secret_file"], "--webhook-secret-file")
        found = (
            parsers.secret(content.decode("utf-8", "replace")) if content else wiring.settings.webhook_secret
        )
    except ValueError as error:
        raise click.UsageError(f"--receiver-url or --webhook-secret-file: {error}") from None
    wiring.masker.learn(found.value)
    if secret and not found:
        raise click.UsageError(
            "the webhook needs the functions' secret: set PENSTOCK_WEBHOOK_SECRET, or name its file with "
            "--webhook-secret-file"
        )
    return Receiver(url, found.value)


@dataclass(frozen=True)
class Plan:
    """What one command adds to the shared flags. `secrets` are masked from here on; `url` is the address that
    --export shows; `connect` makes the step that finds the repository; `more` are further fields of Wanted.
    """

    given: Given
    url: str
    connect: Callable[[Wiring, Deadline], Callable[[Ports], Origin]]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    signed: bool = True
    more: dict[str, Any] = field(default_factory=dict)


def execute(kube: Kube, flags: dict[str, Any], plan: Plan) -> None:
    """Do it, or with --export print what would be pushed."""
    if flags["export"]:
        _export(wanted_of(kube, flags, plan.given, None, **plan.more), plan.url)
        return
    with rights_hinted(), kube.wiring() as wiring:
        wiring.masker.learn(*plan.secrets)
        receiver = receiver_of(wiring, flags, secret=plan.signed)
        wanted = wanted_of(kube, flags, plan.given, receiver, **plan.more)
        try:
            with finishing(_AGAIN):
                _bootstrap(kube, wiring, wanted, plan, yes=flags["yes"])
        except PenstockError as error:
            error.message = wiring.masker.mask(error.message)
            raise


def _bootstrap(kube: Kube, wiring: Wiring, wanted: Wanted, plan: Plan, *, yes: bool) -> None:
    from penstock.base.deadline import Deadline
    from penstock.bootstrap.flow import bootstrap
    from penstock.runtime.bootstrapping import ports_of

    def ask(question: str) -> None:
        if not yes and not sys.stdin.isatty():
            printing.warning(question)
        confirm(question, yes=yes)

    wiring.cluster.version()
    wiring.upstream.identity()  # it may have to be built first, which is not to count
    deadline = Deadline.after(wiring.clock, kube.timeout_s, wiring.stop)
    ports = ports_of(wiring, deadline, wanted.receiver, ask, printing)
    bootstrap(ports, wanted, plan.connect(wiring, deadline))


def _export(wanted: Wanted, url: str) -> None:
    from penstock.bootstrap.sync import manifest

    click.echo(wanted.components.render(()), nl=False)
    click.echo(manifest(wanted.sync(url)), nl=False)
