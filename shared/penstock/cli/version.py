"""`penstock version`: this program, the release of Flux that it stands for, and what a cluster has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock import __version__
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.printing import show_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json
    from penstock.cluster.port import Cluster


@click.command("version")
@click.option("--client", "client", is_flag=True, help="Only this program.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="In which format.",
)
@kube_flags()
def command(kube: Kube, output: str, *, client: bool) -> None:
    """Print the versions of this program and of what is in the cluster.

    `flux` is the release whose API penstock has. In the cluster: the distribution, the images of the
    Deployments of Flux's controllers (which have 0 replicas), and the stored version of each CRD.

    \b
    penstock version
    penstock version --client -o json
    """
    from penstock.api.crd import FLUX_VERSION  # noqa: PLC0415 - not needed for --help

    told: dict[str, Any] = {"penstock": f"v{__version__}", "flux": FLUX_VERSION}
    if not client:
        with kube.cluster() as cluster:
            told |= _in_cluster(cluster, kube.namespace)
    show_document(output, told)


def _in_cluster(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """Terminal if nothing is installed."""
    from penstock.base.errors import Terminal  # noqa: PLC0415 - not needed for --help
    from penstock.cluster.flux import PART_OF_FLUX  # noqa: PLC0415 - likewise
    from penstock.install.found import PROBE, installed  # noqa: PLC0415 - likewise

    found = installed(cluster.get(PROBE))
    if found is None:
        raise Terminal("Flux's kinds are not in the cluster: `penstock install` brings them")
    deployments = cluster.list("apps", "v1", "Deployment", namespace, PART_OF_FLUX)
    crds = cluster.list("apiextensions.k8s.io", "v1", "CustomResourceDefinition", label_selector=PART_OF_FLUX)
    return {
        **({"distribution": found.distribution} if found.distribution else {}),
        **dict(image for one in deployments for image in _images(one)),
        "crds": {one["metadata"]["name"]: _stored(one) for one in crds},
    }


def _images(deployment: Json) -> Iterator[tuple[str, str]]:
    """Name and tag of the images of its containers, as flux prints them."""
    from penstock.base.text import printable  # noqa: PLC0415 - not needed for --help

    for container in deployment["spec"]["template"]["spec"]["containers"]:
        image, _, digest = str(container.get("image") or "").partition("@")
        name, _, tag = image.rpartition("/")[2].partition(":")
        yield printable(name, 128), printable(tag or digest, 128)


def _stored(crd: Json) -> str:
    versions = (crd.get("status") or {}).get("storedVersions") or [""]
    return str(versions[-1])
