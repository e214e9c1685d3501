"""Every limit on what comes in, in one place; units are in the names. docs/reference.md lists them."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What penstock refuses to be larger than. Each is a setting `PENSTOCK_LIMIT_<NAME>`."""

    webhook_body_bytes: int = 5 * MIB
    """A webhook's body; GitHub itself stops at 25 MiB, its push payloads are far smaller."""
    admission_body_bytes: int = 4 * MIB
    """A call of the API server to the admission hook: the object as it is and as it is to be."""
    admission_reviews: int = 2_000
    """Changes in a minute that a process queues one by one; what comes faster is found by a tick at once."""
    invoke_body_bytes: int = 64 * 1024
    """The body of a manual invoke or of a work item."""
    identity_token_bytes: int = 8 * 1024
    """An identity token; Google's have less than 2 KiB."""
    identity_keys_bytes: int = 256 * 1024
    """What the issuer of identity tokens may answer when asked for its keys."""
    push_body_bytes: int = 192 * 1024
    """A work item as Pub/Sub pushes it: in base64, with its envelope."""
    json_depth: int = 64
    """Nesting of a JSON body."""
    request_seconds: int = 30
    """The time in which a request to `penstock serve` must have arrived, headers and body."""
    connections: int = 128
    """Connections to `penstock serve` at once; more are closed unheard."""
    artifact_archive_bytes: int = 100 * MIB
    """A packed artifact, compressed."""
    artifact_bytes: int = 500 * MIB
    """All files of an artifact, unpacked."""
    artifact_file_bytes: int = 50 * MIB
    """One file of an artifact."""
    artifact_files: int = 100_000
    """Files and folders of an artifact, those included that only a file's path names."""
    artifact_path_depth: int = 64
    """Folders above a file of an artifact."""
    artifact_path_bytes: int = 1024
    """A path within an artifact."""
    bucket_object_bytes: int = 256 * MIB
    """One object of the bucket, as it is read back."""
    git_refs: int = 100_000
    """References that a remote may advertise."""
    git_output_bytes: int = 64 * MIB
    """What one git command may print."""
    git_pack_bytes: int = 1024 * MIB
    """What one fetch may bring, packed: the files of one commit, those that stay out of the artifact too."""
    submodules: int = 100
    """Submodules of one commit, those within submodules too."""
    submodule_depth: int = 10
    """How deep submodules may be in each other; Flux goes as far."""
    gitmodules_bytes: int = 256 * 1024
    """A .gitmodules file."""
    includes: int = 100
    """GitRepositories that one includes, those that are included by these too."""
    ssh_identity_bytes: int = 16 * 1024
    """A private key for ssh; an RSA key of 16384 bits has 13 KiB."""
    ssh_key_rounds: int = 500
    """Rounds that deriving a private key's key from its passphrase may take; ssh-keygen makes 24."""
    ssh_known_hosts_bytes: int = 256 * 1024
    """The hosts' keys for ssh."""
    authority_file_bytes: int = 512 * 1024
    """A file of certificate authorities for `penstock create`; a Secret has place for twice as much."""
    ignore_bytes: int = MIB
    """The .sourceignore files of a commit, all of them together."""
    ignore_lines: int = 10_000
    """Lines of a .sourceignore file or of spec.ignore, and patterns of all of them together."""
    manifest_bytes: int = 25 * MIB
    """All manifests that one build reads; a build needs about thirty times as much memory."""
    build_input_bytes: int = 500 * MIB
    """What one build reads, a file counted each time that it is read."""
    build_reads: int = 200_000
    """How often one build may read a file."""
    build_kustomizations: int = 5_000
    """How often one build may load a kustomization.yaml: bases that refer to each other multiply."""
    variable_bytes: int = 16 * MIB
    """The variables of one Kustomization (spec.postBuild), names and values."""
    build_memory_bytes: int = 1024 * MIB
    """Memory of the process that builds."""
    build_objects: int = 20_000
    """Objects that one build gives."""
    build_output_bytes: int = 100 * MIB
    """What one build gives, as JSON."""
    build_seconds: int = 60
    """Wall time of one build."""
    cel_bytes: int = 16 * 1024
    """A CEL expression of readyExpr or healthCheckExprs."""
    cel_cost: int = 1_000_000
    """Steps of evaluating one over an object, as cel-go counts them; Kubernetes allows its own as many."""
    cel_seconds: int = 5
    """Wall time of that."""
    drift_rules: int = 1_000
    """Rules and paths of a Kustomization's spec.ignore, together."""
    yaml_depth: int = 200
    """Nesting of a YAML document."""
    yaml_nodes: int = 1_000_000
    """Nodes of a YAML document, aliases expanded."""
    object_bytes: int = 1_500_000
    """One object as JSON; etcd refuses more."""
    api_answer_bytes: int = 256 * MIB
    """One answer of the API server, unpacked; lists come in pages of 500 objects."""
    watch_event_bytes: int = 16 * MIB
    """One event of a watch, with the object in it."""
    queue_items: int = 100_000
    """Work items waiting in the local queue."""
    queue_outstanding: int = 1_000
    """Messages under way to Pub/Sub at once, from one process."""
    metrics_objects: int = 10_000
    """Flux objects with series of their own in /metrics; of more, those that were looked at last."""
    migrate_files: int = 100_000
    """Files below a folder that `penstock migrate` looks through."""
    migrate_file_bytes: int = 5 * MIB
    """One manifest that `penstock migrate` reads (larger ones are passed over), or --kustomization-file."""
    tree_objects: int = 100_000
    """Objects that `penstock tree` shows; one that several Kustomizations list counts each time."""
    tree_depth: int = 64
    """Kustomizations in each other that it follows."""
    forge_answer_bytes: int = 8 * MIB
    """One answer of the API of GitHub, GitLab or Gitea."""
    forge_pages: int = 100
    """Pages of fifty of one of its lists, such as the webhooks of a repository."""
