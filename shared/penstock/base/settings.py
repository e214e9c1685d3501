"""Every setting, declared once; read once, from the environment and from flags, into one frozen value."""
# ruff: noqa: RUF009 - `option` makes a dataclass field, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base import environment, parsers
from penstock.base.choices import FluxControllers, LogFormat, SharedObjects, Substitutions
from penstock.base.contradictions import contradictions
from penstock.base.errors import SettingsError
from penstock.base.limits import Limits
from penstock.base.options import Role, Secret, option, options_of
from penstock.base.selector import MAIN_SHARD, WATCHED_CONFIGS, Selector

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from penstock.base.location import CloudBucket
    from penstock.base.topics import Topics

_FUNCTIONS = (Role.WEBHOOK, Role.FETCH, Role.APPLY, Role.TICK, Role.SERVE)
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a process was told. Secrets do not show in its repr."""

    role: Role
    limits: Limits = field(default_factory=Limits)

    webhook_secret: Secret = option(
        Secret(),
        "The secret of the GitHub webhook; every delivery must be signed with it.",
        parsers.secret,
        required_by=(Role.WEBHOOK, Role.SERVE),
    )
    webhook_secret_previous: Secret = option(
        Secret(), "The secret before this one, valid as well while you rotate.", parsers.secret
    )
    invoke_token: Secret = option(
        Secret(),
        "The bearer token of manual invokes, and of the functions among themselves.",
        parsers.secret,
        required_by=_FUNCTIONS,
    )
    invoke_token_previous: Secret = option(
        Secret(), "The token before this one, accepted as well while you rotate.", parsers.secret
    )
    identity_audiences: tuple[str, ...] = option(
        (),
        "Audiences of Google-signed identity tokens that are taken like it, by commas; none if empty.",
        parsers.audiences,
    )
    identity_accounts: tuple[str, ...] = option(
        (),
        "The service accounts (e-mail) whose identity tokens are taken, separated by commas.",
        parsers.accounts,
    )
    identity_keys_url: str = option(
        "https://www.googleapis.com/oauth2/v1/certs",
        "Where the keys are that identity tokens are signed with: JSON, key id to certificate (PEM).",
        parsers.keys_url,
    )
    namespaces: tuple[str, ...] = option(
        (),
        "The namespaces whose Flux objects are served, separated by commas; all of them if empty.",
        parsers.labels,
        flag="--namespaces",
    )
    watch_label_selector: Selector = option(
        MAIN_SHARD,
        "Which Flux objects are served, by their labels, as in Flux's `--watch-label-selector`; a shard says "
        "`sharding.fluxcd.io/key in (shard1)`, and blank takes all of them.",
        parsers.selector,
        flag="--watch-label-selector",
    )
    watch_configs_label_selector: Selector = option(
        WATCHED_CONFIGS,
        "Which ConfigMaps and Secrets are compared at each tick, by their labels, as in Flux's "
        "`--watch-configs-label-selector`: a change makes those due that take variables from them. Blank "
        "takes all of them.",
        parsers.selector,
        flag="--watch-configs-label-selector",
    )
    bucket: Path | CloudBucket | None = option(
        None,
        "Where artifacts and records are kept: a folder, or gs://bucket/prefix. Each cluster needs its own.",
        parsers.bucket,
        flag="--bucket",
        required_by=(Role.FETCH, Role.APPLY, Role.TICK, Role.SERVE, Role.UNDELETE, Role.ROLLBACK),
    )
    queue: Path | Topics | None = option(
        None,
        "Where work items wait: a folder, or pubsub://PROJECT/PREFIX (not for serve: it works on its folder)."
        " A function that runs alone takes this or the URLs below.",
        parsers.queue,
        flag="--queue",
        required_by=(Role.SERVE,),
    )
    fetch_url: str = option("", "Where work for fetch is posted, in place of a queue.", parsers.url)
    apply_url: str = option("", "Where work for apply is posted, in place of a queue.", parsers.url)
    receiver_url: str = option(
        "",
        "Where `serve` or the function `webhook` is reached, such as https://penstock.example.com: the "
        "command line asks there, at /invoke, to have an object looked at at once.",
        parsers.url,
    )
    kubeconfig: Path | None = option(
        None,
        "The kubeconfig of the cluster; without one, the service account of the pod is used.",
        parsers.path,
        flag="--kubeconfig",
    )
    context: str = option(
        "", "The context of that kubeconfig; its current one if empty.", parsers.text, flag="--context"
    )
    upstream_binary: Path | None = option(
        None, "The upstream helper; without one, the one built in the user's cache is used.", parsers.path
    )
    listen_host: str = option(
        "127.0.0.1", "The address `penstock serve` listens on.", parsers.text, flag="--host"
    )
    listen_port: int = option(
        8080,
        "The port `penstock serve` listens on; 0 takes a free one.",
        parsers.whole(0, 65_535),
        flag="--port",
    )
    admission_port: int | None = option(
        None,
        "The port of a second listener of `penstock serve`, by TLS, that the API server calls when Flux "
        "objects change; 0 takes a free one, and without it there is none.",
        parsers.whole(0, 65_535),
        flag="--admission-port",
    )
    admission_host: str = option(
        "",
        "The name or address at which the API server reaches that listener; the one that is listened on if "
        "empty.",
        parsers.text,
        flag="--admission-host",
    )
    log_format: LogFormat = option(
        LogFormat.AUTO,
        "How log lines look: `json`, `text`, or `auto`: text on a terminal, JSON elsewhere.",
        parsers.one_of(LogFormat),
        flag="--log-format",
    )
    tick_seconds: int = option(
        60,
        "The time between two ticks of `penstock serve`; 0 leaves them to an outer scheduler.",
        parsers.whole(0, _DAY_S),
        unit="s",
        flag="--tick-seconds",
    )
    workers: int = option(
        4, "Work items that `penstock serve` works on at once.", parsers.whole(1, 64), flag="--workers"
    )
    fetch_budget_seconds: int = option(
        240, "The time one run of fetch may take.", parsers.whole(1, 3600), unit="s"
    )
    apply_budget_seconds: int = option(
        540, "The time one run of apply may take.", parsers.whole(1, 3600), unit="s"
    )
    tick_budget_seconds: int = option(
        120, "The time one run of tick may take.", parsers.whole(1, 3600), unit="s"
    )
    full_pass_seconds: int = option(
        3600,
        "The time after which a Kustomization is built and dry-run anew although neither its files nor its "
        "objects have changed; 0 does it at every look.",
        parsers.whole(0, 30 * _DAY_S),
        unit="s",
    )
    claim_seconds: int = option(
        60,
        "The time after which the work of a process that was stopped or died is anybody's. Requests to the "
        "API server may take 30 s: give it more than that.",
        parsers.whole(1, 3600),
        unit="s",
    )
    handover_seconds: int = option(
        8,
        "The time that a function may take to answer when webhook posts work to it; GitHub waits for 10.",
        parsers.whole(1, 3600),
        unit="s",
    )
    stop_seconds: int = option(
        10,
        "The time in which a process ends that is told to stop; its work is handed over 3 seconds earlier.",
        parsers.whole(1, 600),
        unit="s",
    )
    attempts: int = option(
        8,
        "Tries of one work item before it is parked: in the folder's `dead`, or on the topic PREFIX-dead.",
        parsers.whole(1, 100),
    )
    artifact_keep_count: int = option(5, "Artifacts kept of one source, however old.", parsers.whole(1, 1000))
    artifact_keep_seconds: int = option(
        _DAY_S,
        "The age up to which artifacts are kept, the newest hundred of a source at most.",
        parsers.whole(0, 3650 * _DAY_S),
        unit="s",
    )
    run_keep_count: int = option(
        100,
        "Run records kept of one object, and as many more of those that deleted something.",
        parsers.whole(1, 10_000),
    )
    brake_objects: int = option(
        20,
        "Deletions up to this number never pull the brake, unless the build is empty.",
        parsers.whole(0, 1_000_000),
    )
    brake_fraction: float = option(
        0.5,
        "The share of the inventory up to which deletions never pull the brake; 1 switches it off.",
        parsers.number(0, 1),
    )
    brake_kinds: tuple[str, ...] = option(
        (),
        "Kinds whose deletions are always held until they are approved, separated by commas, such as "
        "`Namespace,CustomResourceDefinition,PersistentVolumeClaim`; `Kind.group` names one group's.",
        parsers.kinds,
    )
    refused_kinds: tuple[str, ...] = option(
        (),
        "Kinds that no Kustomization may apply, separated by commas, such as "
        "`ClusterRoleBinding,ValidatingWebhookConfiguration`; nothing of a build with one is written.",
        parsers.kinds,
    )
    shared_objects: SharedObjects = option(
        SharedObjects.WARN,
        "An object that another Kustomization has applied: `warn` takes it over with a warning event, as "
        "Flux does without one; `refuse` fails before anything of its stage is written.",
        parsers.one_of(SharedObjects),
    )
    flux_controllers: FluxControllers = option(
        FluxControllers.HOLD,
        "Deployments of Flux's own controllers in a fleet, as in gotk-components.yaml: `hold` applies them "
        "with 0 replicas, `apply` as they are.",
        parsers.one_of(FluxControllers),
    )
    substitutions: Substitutions = option(
        Substitutions.STRICT,
        "A variable without a value and without a default: `strict` fails the build, as Flux does; `lenient` "
        "puts nothing in its place, as Flux with its gate StrictPostBuildSubstitutions off.",
        parsers.one_of(Substitutions),
    )

    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown."""
        given = (getattr(self, one.name) for one, declared in options_of(Settings) if declared.secret)
        return tuple(secret.value for secret in given if secret)


def read_settings(env: Mapping[str, str], role: Role, flags: Mapping[str, object] | None = None) -> Settings:
    """The settings of a process; SettingsError lists all that is wrong, one line each.

    `flags` maps field names to what the command line said (None: nothing); a flag wins over the environment.
    """
    reading = environment.read(Settings, env, flags or {})
    problems = (
        *reading.problems,
        *contradictions(Settings, role, reading),
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(role=role, limits=reading.limits, **reading.values)
