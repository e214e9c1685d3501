"""Flags put on a command, and those about the key pair of a deploy key, which several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock.source.keypair import KeyForm

F = TypeVar("F", bound="Callable[..., Any]")
KEY_FORM = ("ssh_key_algorithm", "ssh_rsa_bits", "ssh_ecdsa_curve")
"""What key_form_flags are called."""


def flagged(function: F, options: Sequence[Callable[[Any], Any]]) -> F:
    """The function with these flags; `--help` shows them in this order."""
    for option in reversed(options):
        function = option(function)
    return function


def key_form_flags() -> tuple[Callable[[Any], Any], ...]:
    """What kind of key pair is made, with flux's names and defaults (see key_form)."""
    return (
        click.option(
            "--ssh-key-algorithm",
            type=click.Choice(["rsa", "ecdsa", "ed25519"]),
            default="ecdsa",
            show_default=True,
            help="What kind of deploy key is made for ssh.",
        ),
        click.option(
            "--ssh-rsa-bits",
            type=int,
            default=2048,
            show_default=True,
            metavar="BITS",
            help="The length of an RSA key, a multiple of 8.",
        ),
        click.option(
            "--ssh-ecdsa-curve",
            type=click.Choice(["p256", "p384", "p521"]),
            default="p384",
            show_default=True,
            help="The curve of an ECDSA key.",
        ),
    )


def key_form(flags: Mapping[str, Any]) -> KeyForm:
    """What key_form_flags say; Terminal for a key pair that cannot be."""
    from penstock.source.keypair import Algorithm, Curve, KeyForm  # noqa: PLC0415 - not needed for --help

    algorithm, curve = Algorithm(flags["ssh_key_algorithm"]), Curve(flags["ssh_ecdsa_curve"])
    return KeyForm(algorithm, flags["ssh_rsa_bits"], curve)
