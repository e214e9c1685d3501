"""What `up` says to a person beside the steps: what is there now, and what to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.meta import REQUESTED_AT
from penstock.runtime.up.sample import NAME
from penstock.runtime.up.story import inventory_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.runtime.up.home import Home
    from penstock.runtime.up.place import Place


def tell_inventory(say: Callable[[str], None], kustomization: Json) -> None:
    """The objects that the Kustomization has in the cluster."""
    for line in inventory_lines(kustomization):
        say(f"    {line}")


def next_steps(
    say: Callable[[str], None],
    place: Place,
    home: Home,
    functions_url: str,
    repository_url: str,
    commit: str,
    *,
    hooked: bool,
) -> None:
    """What a person can do now."""
    say("")
    say(f"Everything runs. The fleet at {commit[:8]} is applied. Try next:")
    say(f"  export KUBECONFIG={home.kubeconfig} PENSTOCK_BUCKET={place.bucket}")
    say("  penstock get all -A        # .venv/bin/penstock, if it is not in your PATH")
    say(f"  penstock tree ks {NAME} -n {home.namespace}; penstock history ks {NAME} -n {home.namespace}")
    say("  kubectl -n hello get all,configmaps")
    say(f"  cd {place.fleet}    # edit apps/hello, then: git commit -am change && git push")
    say("  git rm apps/hello/service.yaml, take it out of kustomization.yaml, commit, push: it is pruned")
    when = "at once" if hooked else "at the next tick, within a minute"
    say(f"  kubectl -n {home.namespace} annotate --overwrite gitrepository/{NAME} {REQUESTED_AT}=$(date +%s)")
    say(f"    is acted on {when}; so are kubectl apply, flux reconcile, suspend, resume and delete")
    say(f"Git server {repository_url}, functions {functions_url} (/github, /invoke, /tick, /healthz).")
    if home.embedded:
        say("kubectl of the same release: the path that `penstock tools build kubectl` prints.")
    say(f"Below is the functions' log, also in {place.log_file}.")
    say("Ctrl-C ends it; `make down` removes all that is left.")
