"""Flux's flags where flux takes them, also in front of the noun; what is said of those not here. Pure.

Source: flux2 v2.9 cmd/flux: the persistent flags of its commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VALUES = frozenset(
    {
        *("-n", "--namespace", "--kubeconfig", "--context", "--timeout", "-o", "--output"),
        *("-l", "--label-selector", "--status-selector", "--interval", "--label"),
    }
)
_SWITCHES = frozenset(
    {
        *("-A", "--all-namespaces", "--ns-follows-kube-context", "--no-header", "-w", "--watch"),
        *("--all", "--with-credentials", "--export", "--wait", "-s", "--silent"),
    }
)
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
"""As Go's strconv.ParseBool reads them."""
_IN_KUBECONFIG = "say it in a kubeconfig, and name that with --kubeconfig and --context"
_NOTHING = "leave it out, there is nothing to set"
_NOT_HERE = {
    **dict.fromkeys(
        ("--as", "--as-group", "--as-uid", "--as-user-extra"), "use a kubeconfig with its rights"
    ),
    **dict.fromkeys(
        ("--server", "--token", "--tls-server-name", "--insecure-skip-tls-verify"), _IN_KUBECONFIG
    ),
    **dict.fromkeys(("--certificate-authority", "--client-certificate", "--client-key"), _IN_KUBECONFIG),
    **dict.fromkeys(("--cluster", "--user"), "name a context that has it with --context"),
    **dict.fromkeys(("--cache-dir", "--kube-api-burst", "--kube-api-qps", "--disable-compression"), _NOTHING),
    "--verbose": "use -o yaml or --export where the verb has it",
}


def behind(arguments: Sequence[str]) -> list[str]:
    """The arguments with flux's flags moved from in front of the next word to the end of them.

    So the command that they are for sees them, and one that does not know them refuses them. Without a word
    nothing is left of them.
    """
    at = 0
    while at < len(arguments) and (length := _length(arguments[at])):
        at += length
    moved, rest = list(arguments[:at]), list(arguments[at:])
    if not rest or rest[0].startswith("-"):
        return rest
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *moved, *rest[end:]]


def without_booleans(command: click.Command, arguments: Sequence[str]) -> list[str]:
    """The arguments with `--flag=true` and `--flag=false`, as Go's programs take them, as click does.

    Of the command's flags only; any other value of one is left for click to refuse.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    flags = {
        name: one
        for one in command.params
        if isinstance(one, click.Option) and one.is_flag
        for name in one.opts
    }
    understood = [word for argument in arguments[:end] for word in _without_boolean(flags, argument)]
    return [*understood, *arguments[end:]]


def _without_boolean(flags: Mapping[str, click.Option], argument: str) -> list[str]:
    name, _, value = argument.partition("=")
    if name in flags and value in _TRUE:
        return [name]
    if name in flags and value in _FALSE:
        return flags[name].secondary_opts[:1]
    return [argument]


def explained(error: click.ClickException) -> click.ClickException:
    """The error, with what to do instead if it is about a flag of flux that is not here."""
    if not isinstance(error, click.NoSuchOption) or error.option_name not in _NOT_HERE:
        return error
    remedy = _NOT_HERE[error.option_name]
    return click.UsageError(f"flux's {error.option_name} is not built here: {remedy}", error.ctx)


def _length(argument: str) -> int:
    """How many arguments the flag takes with its value; 0 if it is none of these."""
    name, value, _ = argument.partition("=")
    if argument in _VALUES:
        return 2
    short = argument[:2] in _VALUES and not argument.startswith("--")
    return int(argument in _SWITCHES or short or (bool(value) and name in _VALUES | _SWITCHES))
