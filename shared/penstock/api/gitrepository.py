"""GitRepository of source.toolkit.fluxcd.io/v1: every field of it.

Source: contract section 4; fluxcd/source-controller api/v1 for what an absent field means.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from penstock.api.crd import AGE_READY_STATUS, Column, Definition
from penstock.api.fields import Duration, DurationBelowHours, Model, Rule, about, check_durations
from penstock.api.meta import Artifact, LocalObjectReference, Status
from penstock.api.objects import Json
from penstock.api.resource import Resource, decode_as
from penstock.base.duration import parse_duration
from penstock.base.structs import learn

GROUP = "source.toolkit.fluxcd.io"
VERSION = "v1"
KIND = "GitRepository"
DEFAULT_BRANCH = "master"


class GitProvider(StrEnum):
    """The flavours of authentication."""

    GENERIC = "generic"
    AWS = "aws"
    AZURE = "azure"
    GITHUB = "github"


class VerificationMode(StrEnum):
    """The Git objects whose signature is checked."""

    HEAD_IN_LOWER_CASE = "head"
    HEAD = "HEAD"
    TAG = "Tag"
    TAG_AND_HEAD = "TagAndHEAD"


class GitRepositoryRef(Model, frozen=True, kw_only=True):
    """The Git reference to follow; commit wins over name, semver, tag and branch, in this order."""

    branch: Annotated[str, about(f"Branch; {DEFAULT_BRANCH} where nothing else is named.")] = ""
    tag: Annotated[str, about("Tag; wins over branch.")] = ""
    semver: Annotated[str, about("Range of semantic versions, the newest matching tag; wins over tag.")] = ""
    name: Annotated[
        str,
        about(
            "Full reference, such as refs/heads/main or refs/pull/420/head; wins over semver, tag and branch."
        ),
    ] = ""
    commit: Annotated[
        str, about("Commit hash; wins over everything. With branch, the commit is looked for there.")
    ] = ""


class GitRepositoryVerification(Model, frozen=True, kw_only=True):
    """Which signatures are checked, and against which keys."""

    secret_ref: Annotated[
        LocalObjectReference,
        about("Secret with the trusted public keys: PGP under *.asc, SSH under *.sshpub."),
    ]
    mode: Annotated[
        VerificationMode,
        about("The objects whose signature is checked; `head` is an old spelling of `HEAD`.", default="HEAD"),
    ] = VerificationMode.HEAD


class GitRepositoryInclude(Model, frozen=True, kw_only=True):
    """Files of another GitRepository's artifact that are copied into this one's."""

    repository: Annotated[LocalObjectReference, about("The GitRepository whose artifact is copied.")]
    from_path: Annotated[str, about("Directory to copy; the root if not given.")] = ""
    to_path: Annotated[str, about("Where it is copied to; the repository's name if not given.")] = ""


class GitRepositorySpec(Model, frozen=True, kw_only=True):
    """A Git repository, the reference in it to follow, and how its files become an artifact."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.serviceAccountName) || "
            "(has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
            "serviceAccountName can only be set when provider is 'azure' or 'aws'",
        ),
    )

    url: Annotated[
        str, Meta(pattern=r"^(http|https|ssh)://.*$"), about("Address of the repository: http, https or ssh.")
    ]
    interval: Annotated[Duration, about("How often the repository is looked at without being told to.")]
    timeout: Annotated[DurationBelowHours, about("How long a Git operation may take.", default="60s")] = "60s"
    ref: Annotated[
        GitRepositoryRef | None, about(f"Reference to follow; the branch {DEFAULT_BRANCH} if not given.")
    ] = None
    secret_ref: Annotated[
        LocalObjectReference | None,
        about(
            "Secret to log in with: username and password, or bearerToken, and ca.crt for https; "
            "identity, known_hosts and, for a passphrase, password for ssh."
        ),
    ] = None
    provider: Annotated[
        GitProvider, about("Flavour of authentication; generic, which uses secretRef, if not given.")
    ] = GitProvider.GENERIC
    service_account_name: Annotated[
        str, about("ServiceAccount to log in as, for the providers aws and azure only.")
    ] = ""
    proxy_secret_ref: Annotated[
        LocalObjectReference | None, about("Secret with the proxy to reach the Git server through.")
    ] = None
    verify: Annotated[
        GitRepositoryVerification | None, about("Check signatures before the files are used.")
    ] = None
    ignore: Annotated[
        str | None,
        about("Patterns as in .gitignore of files to leave out, in place of the default ones."),
    ] = None
    suspend: Annotated[bool, about("Leave this object alone until it is resumed.")] = False
    recurse_submodules: Annotated[bool, about("Fetch all submodules, too.")] = False
    include: Annotated[
        tuple[GitRepositoryInclude, ...], about("Artifacts of other GitRepositories to copy files from.")
    ] = ()
    sparse_checkout: Annotated[
        tuple[str, ...], about("Directories to check out; the whole repository if none are given.")
    ] = ()

    def __post_init__(self) -> None:
        check_durations(interval=self.interval, timeout=self.timeout)

    @property
    def interval_s(self) -> float:
        """The interval in seconds."""
        return parse_duration(self.interval)

    @property
    def timeout_s(self) -> float:
        """The timeout in seconds."""
        return parse_duration(self.timeout)


class GitRepositoryStatus(Status, frozen=True, kw_only=True):
    """What was last fetched, from which settings, and how that went."""

    artifact: Annotated[Artifact | None, about("The artifact of the last successful fetch.")] = None
    included_artifacts: Annotated[
        tuple[Artifact, ...],
        about("The artifacts that files were last copied from, in the order of spec.include."),
    ] = ()
    observed_ignore: Annotated[str | None, about("spec.ignore of the artifact.")] = None
    observed_recurse_submodules: Annotated[bool, about("spec.recurseSubmodules of the artifact.")] = False
    observed_include: Annotated[tuple[GitRepositoryInclude, ...], about("spec.include of the artifact.")] = ()
    observed_sparse_checkout: Annotated[tuple[str, ...], about("spec.sparseCheckout of the artifact.")] = ()
    source_verification_mode: Annotated[
        str | None, about("spec.verify.mode of the last check of signatures.")
    ] = None


class GitRepository(Resource, frozen=True, kw_only=True):
    """A Git repository as a source: its files at the latest revision of a reference are an artifact."""

    spec: GitRepositorySpec
    status: Annotated[
        GitRepositoryStatus, about("What was observed.", default={"observedGeneration": -1})
    ] = msgspec.field(default_factory=GitRepositoryStatus)


DEFINITION = Definition(
    model=GitRepository,
    group=GROUP,
    version=VERSION,
    kind=KIND,
    plural="gitrepositories",
    short_names=("gitrepo",),
    categories=("all", "fluxcd", "fluxcd-sources"),
    columns=(Column("URL", ".spec.url"), *AGE_READY_STATUS),
    component="source-controller",
)


learn(GitRepository)


def decode(obj: Json) -> GitRepository:
    """The GitRepository in an object of the cluster; InvalidObject naming the field if it is none."""
    return decode_as(GitRepository, obj, api_version=f"{GROUP}/{VERSION}", kind=KIND)
