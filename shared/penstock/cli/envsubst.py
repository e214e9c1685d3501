"""`penstock envsubst`: environment variables put into a text."""

from __future__ import annotations

import os
import sys

import click

from penstock.base.errors import LimitExceeded


@click.command("envsubst")
@click.option("--strict", is_flag=True, help="Fail if a variable has neither a value nor a default.")
def command(*, strict: bool) -> None:
    """Put the values of environment variables into the text on stdin and write it to stdout.

    It is the substitution of spec.postBuild, by the same code: `${var}`, `${var:=default}` and bash's other
    forms.

    \b
      export cluster_region=eu-central-1
      kustomize build . | penstock envsubst --strict
    """
    from penstock.base.options import Role  # noqa: PLC0415 - not needed for --help
    from penstock.cli.person import wired  # noqa: PLC0415 - likewise

    wiring = wired(Role.CLIENT, None, None)
    try:
        most = wiring.settings.limits.manifest_bytes
        text = sys.stdin.buffer.read(most + 1)
        if len(text) > most:
            raise LimitExceeded(f"the text is larger than {most} bytes", limit="manifest_bytes")
        values = {name: value for name, value in os.environb.items() if name in text}
        named = {name.decode("utf-8", "replace"): value for name, value in values.items()}
        click.echo(wiring.upstream.envsubst(text, named, strict=strict), nl=False)
    finally:
        wiring.close()
