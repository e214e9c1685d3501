"""`penstock control-plane up|down|status`: a real Kubernetes API server on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from penstock.tools.controlplane import state
from penstock.tools.controlplane.layout import Layout
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.controlplane.recorded import judged, running, stop_recorded

_EXIT_NOT_RUNNING = 1

_folder = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".penstock/control-plane"),
    show_default=True,
    help="Where data, certificates, logs and the kubeconfig are.",
)


@click.group()
def command() -> None:
    """Start, stop and look at a real Kubernetes control plane on this machine."""


@command.command()
@_folder
@click.option(
    "--workloads", is_flag=True, help="Also controllers, scheduler and a node: Deployments become ready."
)
@click.option("--audit", is_flag=True, help="Write one line per request into DIR/logs/audit.log.")
def up(folder: Path, *, workloads: bool, audit: bool) -> None:
    """Start it and let it run; prints the path of its kubeconfig."""
    plane = ControlPlane.attach(folder) or ControlPlane.start(folder, workloads=workloads, audit=audit)
    if workloads:
        plane.start_workloads()
    plane.detach()
    click.echo(f"✔ control plane ready at {plane.server}", err=True)
    click.echo(plane.kubeconfig)


@command.command()
@_folder
def down(folder: Path) -> None:
    """End it; the data stays for the next start."""
    ended = stop_recorded(folder)
    click.echo("✔ control plane ended" if ended else f"no control plane runs in {folder}", err=True)


@command.command()
@_folder
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(folder: Path, output: str) -> int:
    """Show what runs; the exit code is 1 if not everything that was started does."""
    recorded = state.read(Layout(folder.absolute()).state)
    click.echo(_as_json(folder, recorded) if output == "json" else _as_table(folder, recorded))
    return 0 if running(folder) else _EXIT_NOT_RUNNING


def _as_json(folder: Path, recorded: state.State | None) -> str:
    layout = Layout(folder.absolute())
    components = [
        {"name": daemon.name, "pid": daemon.pid, "running": lives, "log": str(layout.log(daemon.name))}
        for daemon, lives in (judged(recorded) if recorded else ())
    ]
    told = {
        "running": bool(components) and all(one["running"] for one in components),
        "server": recorded.server if recorded else None,
        "started": recorded.started if recorded else None,
        "kubeconfig": str(layout.kubeconfig) if recorded else None,
        "components": components,
    }
    return json.dumps(told, indent=2)


def _as_table(folder: Path, recorded: state.State | None) -> str:
    if recorded is None:
        return f"no control plane runs in {folder}"
    rows = [("NAME", "PID", "STATE")]
    rows += [(one.name, str(one.pid), "running" if lives else "ended") for one, lives in judged(recorded)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    kubeconfig = Layout(folder.absolute()).kubeconfig
    head = f"server      {recorded.server}\nkubeconfig  {kubeconfig}\nstarted     {recorded.started}\n"
    return "\n".join((head, *(line.rstrip() for line in lines)))
