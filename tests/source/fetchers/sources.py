"""What tests of the fetcher say in one word."""

from collections.abc import Collection, Mapping
from pathlib import Path

from penstock.api.gitrepository import GitRepositoryRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.source.archive import unpack
from penstock.source.credentials import credentials
from penstock.source.fetchers.git import GitFetcher
from penstock.source.fetchers.port import Fetched, GitSource, Shape
from penstock.source.reference import wanted
from penstock.source.sshlogin import ssh_credentials
from penstock.source.url import parse_url
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.git import Git
from penstock.tools.gitserver import GitServer

LIMITS = Limits()


MAIN = GitRepositoryRef(branch="main")


class ByName:
    """Chooses the versions with the highest text in front of a `+`, then the latest."""

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        return max(self.semver_equals(expression, versions), key=(times or {}).__getitem__, default=None)

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        found = sorted(name for name in versions if name.startswith(expression))
        return tuple(name for name in found if name.split("+")[0] == found[-1].split("+")[0])


def source(
    url: str, ref: GitRepositoryRef | None = None, secret: dict[str, bytes] | None = None, seconds: float = 60
) -> GitSource:
    parsed = parse_url(url)
    if parsed.scheme == "ssh":
        found = ssh_credentials(parsed, secret or {}, "apps/secret", LIMITS)
    else:
        found = credentials(parsed, secret or {}, "apps/secret")
    return GitSource(parsed, found, wanted(ref), Deadline.after(SystemClock(), seconds))


def fetcher(limits: Limits = LIMITS) -> GitFetcher:
    return GitFetcher(Git(limits), ByName(), limits)


def fetch(
    at: GitSource, ignore: str | None = None, limits: Limits = LIMITS, *, shape: Shape | None = None
) -> Fetched:
    with_limits = fetcher(limits)
    return with_limits.fetch(at, with_limits.head(at), shape or Shape(ignore))


def files(fetched: Fetched) -> dict[str, bytes]:
    return dict(unpack(fetched.packed.data, LIMITS).files)


def through(base: str, server: GitServer, url: str) -> str:
    return base + url.removeprefix(server.base_url)


def tls_files(folder: Path) -> tuple[bytes, tuple[Path, Path]]:
    """A new authority, and a certificate of 127.0.0.1 and its key as files in the folder."""
    authority = Authority("ours", SystemClock().now())
    pair = authority.issue(Subject("git"), ("127.0.0.1",))
    paths = (folder / "tls.crt", folder / "tls.key")
    for path, data in zip(paths, (pair.certificate, pair.key), strict=True):
        path.write_bytes(data)
    return authority.certificate, paths
