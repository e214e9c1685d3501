"""The Go tools of this checkout: what they are, and the order in which they are built."""

from __future__ import annotations

from penstock.tools.checkout import folder
from penstock.tools.gotool import GoTool, pinned

CONTROL_PLANE = ("etcd", "kube-apiserver")
"""What the main job needs of a control plane."""
WORKLOADS = ("kube-controller-manager", "kube-scheduler", "kwok")
"""What makes Deployments ready on top of it, with no kubelet."""
KUBECTL = "kubectl"
UPSTREAM = "upstream"
PUBSUB = "pubsub"
STORAGE = "fake-gcs-server"
EMULATORS = (PUBSUB, STORAGE)
"""What stands in for a cloud in tests."""
GITEA = "gitea"
"""The Git forge that bootstrap and the webhook are tried on."""
NAMES = (*CONTROL_PLANE, *WORKLOADS, KUBECTL, UPSTREAM, *EMULATORS, GITEA)

_KUBERNETES = "k8s.io/kubernetes"
_GITEA = "code.gitea.io/gitea"
_RELEASED = "2026-10-27T12:01:04Z"
"""When the pinned release of Kubernetes was made; its build date, so that builds are reproducible."""
_VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
_PACKAGES = {
    "etcd": ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", 45),
    "kube-apiserver": (_KUBERNETES, f"{_KUBERNETES}/cmd/kube-apiserver", 240),
    "kube-controller-manager": (_KUBERNETES, f"{_KUBERNETES}/cmd/kube-controller-manager", 90),
    "kube-scheduler": (_KUBERNETES, f"{_KUBERNETES}/cmd/kube-scheduler", 20),
    "kwok": ("sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok", 20),
    KUBECTL: (_KUBERNETES, f"{_KUBERNETES}/cmd/kubectl", 30),
}
"""Name -> module that pins it, main package, seconds of a cold build in this order on two cores."""
_KUSTOMIZE = "v5.8.1"
"""The release of kustomize whose api module shared/upstream/go.mod pins, for the label of managedByLabel; no
module says it, and without one the label is no label: `kustomize-(devel)`."""
_EMULATORS = {
    PUBSUB: ("cloud.google.com/go/pubsub/v2", "penstock.dev/emulators/pubsub", 40),
    STORAGE: ("github.com/fsouza/fake-gcs-server", "github.com/fsouza/fake-gcs-server", 60),
}
"""The same for what infra/emulators pins."""


def upstream() -> GoTool:
    """The Go helper of penstock itself (kustomize builds, semver ranges, CEL expressions)."""
    ldflags = ("-s", "-w", f"-X sigs.k8s.io/kustomize/api/provenance.version=kustomize/{_KUSTOMIZE}")
    return GoTool(UPSTREAM, folder("shared/upstream"), ".", "v1", ldflags, expected_s=60)


def control_plane_tool(name: str) -> GoTool:
    """One of CONTROL_PLANE, WORKLOADS or KUBECTL, as infra/controlplane/go.mod pins it; KeyError if none."""
    module, package, expected_s = _PACKAGES[name]
    home = folder("infra/controlplane")
    go_mod = (home / "go.mod").read_text()
    ldflags = ("-s", "-w", *_version_flags(pinned(go_mod, _KUBERNETES)))
    return GoTool(name, home, package, pinned(go_mod, module), ldflags, expected_s)


def emulator(name: str) -> GoTool:
    """One of EMULATORS, as infra/emulators/go.mod pins it; KeyError if none."""
    module, package, expected_s = _EMULATORS[name]
    home = folder("infra/emulators")
    return GoTool(name, home, package, pinned((home / "go.mod").read_text(), module), expected_s=expected_s)


def gitea() -> GoTool:
    """Gitea with SQLite and its own SSH server, as infra/gitea/go.mod pins it."""
    home = folder("infra/gitea")
    version = pinned((home / "go.mod").read_text(), _GITEA)
    return GoTool(
        GITEA,
        home,
        _GITEA,
        version,
        ("-s", "-w", f"-X main.Version={version.removeprefix('v')}"),
        expected_s=180,
        tags=("sqlite", "sqlite_unlock_notify"),
        cgo=True,
        assets=("options", "public", "templates"),
    )


def tool(name: str) -> GoTool:
    """A tool by the name of its program; KeyError if there is none."""
    if name == UPSTREAM:
        return upstream()
    if name == GITEA:
        return gitea()
    return emulator(name) if name in EMULATORS else control_plane_tool(name)


def _version_flags(version: str) -> tuple[str, ...]:
    """Link-time version of Kubernetes; without it all programs call themselves v0.0.0-master, and charts
    and `flux check --pre` refuse them. The commit is not part of a Go module, so it stays unknown."""
    major, minor, _patch = version.removeprefix("v").split(".", 2)
    values = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "unknown",
        "buildDate": _RELEASED,
    }
    return tuple(
        f"-X {package}.{name}={value}" for package in _VERSION_PACKAGES for name, value in values.items()
    )
