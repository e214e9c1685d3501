from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from penstock.base.choices import LogFormat
from penstock.base.environment import known_variables
from penstock.base.errors import SettingsError
from penstock.base.limits import Limits
from penstock.base.location import CloudBucket
from penstock.base.options import Role, Secret, options_of
from penstock.base.settings import Settings, read_settings
from penstock.base.settingstable import markdown
from penstock.base.topics import Topics

SERVE = {
    "PENSTOCK_WEBHOOK_SECRET": "hook-secret",
    "PENSTOCK_INVOKE_TOKEN": "invoke-token",
    "PENSTOCK_BUCKET": "/srv/bucket",
    "PENSTOCK_QUEUE": "/srv/queue",
}


def refusal(env: dict[str, str], role: Role = Role.SERVE, **flags: object) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(env, role, flags)
    return caught.value.message


def test_what_is_not_given_has_its_default() -> None:
    settings = read_settings(SERVE, Role.SERVE)
    assert settings.bucket == Path("/srv/bucket")
    assert settings.namespaces == ()
    assert settings.listen_port == 8080
    assert settings.log_format is LogFormat.AUTO
    assert settings.brake_objects == 20
    assert settings.brake_fraction == 0.5
    assert settings.limits == Limits()


def test_what_is_given_is_taken_and_a_flag_wins_over_the_environment() -> None:
    env = {
        **SERVE,
        "PENSTOCK_NAMESPACES": "apps, infra,",
        "PENSTOCK_BUCKET": "file:///srv/other",
        "PENSTOCK_LISTEN_PORT": "1",
        "PENSTOCK_LOG_FORMAT": "json",
        "PENSTOCK_LIMIT_JSON_DEPTH": "9",
        "PENSTOCK_FETCH_URL": "https://fetch.example/run",
    }
    settings = read_settings(env, Role.SERVE, {"listen_port": 2, "namespaces": None})
    assert settings.namespaces == ("apps", "infra")
    assert settings.bucket == Path("/srv/other")
    assert settings.listen_port == 2
    assert settings.log_format is LogFormat.JSON
    assert settings.limits.json_depth == 9
    assert settings.fetch_url == "https://fetch.example/run"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("WEBHOOK_SECRET", "", "blank"),
        ("WEBHOOK_SECRET", " \t\n", "blank"),
        ("WEBHOOK_SECRET_PREVIOUS", "", "blank"),
        ("INVOKE_TOKEN", "\n", "blank"),
        ("INVOKE_TOKEN", "a\nb", "cannot be printed"),
        ("WEBHOOK_SECRET", "\udcff", "cannot be printed"),
        ("BUCKET", "gs://", "gs://bucket/prefix"),
        ("BUCKET", "gs://Bucket", "gs://bucket/prefix"),
        ("BUCKET", "gs://bucket/../x", "gs://bucket/prefix"),
        ("BUCKET", "gs://bucket//x", "gs://bucket/prefix"),
        ("BUCKET", "gs://bucket/x y", "gs://bucket/prefix"),
        ("QUEUE", "gs://bucket", "cannot be on Cloud Storage"),
        ("BUCKET", "s3://bucket", "file:///path"),
        ("BUCKET", "file://host/path", "file:///path"),
        ("BUCKET", " ", "blank"),
        ("BUCKET", "a\0b", "NUL"),
        ("NAMESPACES", "apps,../x", "no namespace"),
        ("NAMESPACES", "Apps", "no namespace"),
        ("LISTEN_PORT", "65536", "from 0 to 65535"),
        ("LISTEN_PORT", "-1", "from 0 to 65535"),
        ("LISTEN_PORT", "٣", "from 0 to 65535"),
        ("WORKERS", "0", "from 1 to 64"),
        ("WORKERS", "9" * 9999, "from 1 to 64"),
        ("BRAKE_FRACTION", "1.1", "from 0 to 1"),
        ("BRAKE_FRACTION", "nan", "from 0 to 1"),
        ("BRAKE_FRACTION", "half", "from 0 to 1"),
        ("LOG_FORMAT", "xml", "auto, json, text"),
        ("FETCH_URL", "fetch", "https://host/path"),
        ("FETCH_URL", "https://", "https://host/path"),
        ("FETCH_URL", "https://u:p@host/", "without user"),
        ("FETCH_URL", "https://host:x/", "https://host/path"),
        ("FETCH_URL", "https://[::1/", "https://host/path"),
        ("FETCH_URL", "http://fetch.example/", "must be https"),
        ("IDENTITY_KEYS_URL", "http://keys.apps.svc/", "must be https"),
        ("IDENTITY_KEYS_URL", "http://keys.example/", "must be https"),
        ("IDENTITY_AUDIENCES", " , ", "separated by commas"),
        ("IDENTITY_AUDIENCES", "https://a b", "separated by commas"),
        ("IDENTITY_AUDIENCES", "https://host", "IDENTITY_ACCOUNTS is missing"),
        ("IDENTITY_ACCOUNTS", "a@b.example", "IDENTITY_AUDIENCES is missing"),
        ("IDENTITY_ACCOUNTS", "a", "no service account"),
        ("IDENTITY_ACCOUNTS", "A@b.example", "lower case"),
        ("IDENTITY_ACCOUNTS", ",", "no service account"),
        ("CONTEXT", " ", "blank"),
        ("LIMIT_JSON_DEPTH", "0", "from 1"),
        ("LIMIT_JSON_DEPTH", "deep", "from 1"),
        ("NAMESPACE", "apps", "no setting"),
        ("LIMIT_NOTHING", "1", "no setting"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_remedy(name: str, value: str, remedy: str) -> None:
    message = refusal({**SERVE, f"PENSTOCK_{name}": value})
    assert f"PENSTOCK_{name}" in message
    assert remedy in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://[::1]/", "http://localhost/", "http://fetch.apps.svc.cluster.local"],
)
def test_within_the_machine_and_the_cluster_http_will_do(url: str) -> None:
    assert read_settings({**SERVE, "PENSTOCK_APPLY_URL": url}, Role.SERVE).apply_url == url


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("gs://fleet-artifacts", CloudBucket("fleet-artifacts")),
        ("gs://fleet-artifacts/", CloudBucket("fleet-artifacts")),
        ("gs://fleet.example.com/prod/eu-1/", CloudBucket("fleet.example.com", "prod/eu-1/")),
    ],
)
def test_a_bucket_may_be_on_cloud_storage(given: str, place: CloudBucket) -> None:
    settings = read_settings({**SERVE, "PENSTOCK_BUCKET": given}, Role.SERVE)
    assert settings.bucket == place
    assert str(place) == given.rstrip("/")


def test_identity_tokens_need_audiences_and_accounts() -> None:
    env = {
        **SERVE,
        "PENSTOCK_IDENTITY_AUDIENCES": "https://a.example, https://b.example/events",
        "PENSTOCK_IDENTITY_ACCOUNTS": "tick@p.iam.gserviceaccount.com,run@p.iam.gserviceaccount.com",
        "PENSTOCK_IDENTITY_KEYS_URL": "http://127.0.0.1:1/certs",
    }
    settings = read_settings(env, Role.SERVE)
    assert settings.identity_audiences == ("https://a.example", "https://b.example/events")
    assert settings.identity_accounts[0] == "tick@p.iam.gserviceaccount.com"
    assert settings.identity_keys_url == "http://127.0.0.1:1/certs"


@pytest.mark.parametrize("name", sorted(SERVE))
def test_serve_does_not_start_without_what_it_needs(name: str) -> None:
    message = refusal({key: value for key, value in SERVE.items() if key != name})
    assert message.startswith(f"{name} is missing")


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        (Role.WEBHOOK, {"WEBHOOK_SECRET", "INVOKE_TOKEN", "FETCH_URL", "APPLY_URL"}),
        (Role.FETCH, {"INVOKE_TOKEN", "BUCKET", "APPLY_URL"}),
        (Role.APPLY, {"INVOKE_TOKEN", "BUCKET"}),
        (Role.TICK, {"INVOKE_TOKEN", "BUCKET", "FETCH_URL", "APPLY_URL"}),
    ],
)
def test_a_function_alone_names_all_that_it_lacks_at_once(role: Role, missing: set[str]) -> None:
    lines = refusal({}, role).splitlines()
    assert {line.split()[0] for line in lines} == {f"PENSTOCK_{name}" for name in missing}


def test_a_queue_takes_the_place_of_the_urls() -> None:
    env = {"PENSTOCK_INVOKE_TOKEN": "token", "PENSTOCK_BUCKET": "/b", "PENSTOCK_QUEUE": "/q"}
    assert read_settings(env, Role.FETCH).queue == Path("/q")
    env["PENSTOCK_QUEUE"] = "pubsub://my-project/fleet"
    assert read_settings(env, Role.FETCH).queue == Topics("my-project", "fleet")


@pytest.mark.parametrize(
    "given",
    [
        "pubsub://",
        "pubsub://my-project",
        "pubsub://my-project/",
        "pubsub://My-Project/fleet",
        "pubsub://my-project/fleet/x",
        "pubsub://my-project/../x",
        "pubsub://my-project/googfleet",
        "pubsub://my-project/9fleet",
        "pubsub:my-project/fleet",
        "pubsub://p/fleet",
    ],
)
def test_topics_that_cannot_be_are_refused(given: str) -> None:
    env = {"PENSTOCK_INVOKE_TOKEN": "token", "PENSTOCK_BUCKET": "/b", "PENSTOCK_QUEUE": given}
    assert "must be pubsub://PROJECT/PREFIX" in refusal(env, Role.FETCH)


def test_serve_needs_a_queue_that_it_can_take_from() -> None:
    said = refusal({**SERVE, "PENSTOCK_QUEUE": "pubsub://my-project/fleet"})
    assert said.startswith("PENSTOCK_QUEUE (pubsub://my-project/fleet): `serve` works on a folder")


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-file\n")
    env = {key: value for key, value in SERVE.items() if key != "PENSTOCK_WEBHOOK_SECRET"}
    settings = read_settings({**env, "PENSTOCK_WEBHOOK_SECRET_FILE": str(file)}, Role.SERVE)
    assert settings.webhook_secret == Secret("from-file")


@pytest.mark.parametrize("content", [b"", b"\n", b" ", b"\xff\xfe", b"x" * 70_000, None])
def test_a_secret_file_that_gives_none_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    env = {key: value for key, value in SERVE.items() if key != "PENSTOCK_WEBHOOK_SECRET"}
    assert "PENSTOCK_WEBHOOK_SECRET" in refusal({**env, "PENSTOCK_WEBHOOK_SECRET_FILE": str(file)})


def test_a_secret_given_twice_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-file")
    assert "both set" in refusal({**SERVE, "PENSTOCK_WEBHOOK_SECRET_FILE": str(file)})


def test_secrets_show_neither_in_the_repr_nor_in_errors() -> None:
    env = {**SERVE, "PENSTOCK_INVOKE_TOKEN_PREVIOUS": "canary-2", "PENSTOCK_WEBHOOK_SECRET": "canary-1"}
    settings = read_settings(env, Role.SERVE)
    assert "canary" not in repr(settings)
    assert "canary" not in f"{settings.webhook_secret} {settings.webhook_secret!r}"
    assert set(settings.secrets()) == {"canary-1", "canary-2", "invoke-token"}
    assert "canary" not in refusal({**env, "PENSTOCK_INVOKE_TOKEN": "canary\0"})


def test_what_kubernetes_says_about_a_service_called_penstock_is_no_misspelt_setting() -> None:
    env = {
        "PENSTOCK_SERVICE_HOST": "10.0.0.1",
        "PENSTOCK_PORT": "tcp://10.0.0.1:80",
        "PENSTOCK_PORT_80_TCP": "x",
    }
    assert read_settings({**SERVE, **env}, Role.SERVE).listen_port == 8080


def test_the_table_lists_every_setting_and_every_limit() -> None:
    rows = markdown().splitlines()
    assert len(rows) == 2 + len(options_of(Settings)) + len(fields(Limits))
    for name in known_variables(Settings):
        assert f"`{name}`" in markdown()
    assert "| `PENSTOCK_LIMIT_BUILD_SECONDS` | `60` | s | | Wall time of one build. |" in rows
    assert all("|  |" not in row[-4:] for row in rows), "every row says something"


def test_kinds_are_kinds() -> None:
    given = {**SERVE, "PENSTOCK_BRAKE_KINDS": "Namespace, Widget.example.com,"}
    assert read_settings(given, Role.SERVE).brake_kinds == ("Namespace", "Widget.example.com")
    for bad in ("namespaces", "Namespace/x", "Widget.", "*"):
        assert "which is no kind" in refusal({**SERVE, "PENSTOCK_REFUSED_KINDS": bad})


@pytest.mark.parametrize(
    ("given", "text"),
    [(None, "!sharding.fluxcd.io/key"), ("", ""), (" a in (b) ", "a in (b)")],
)
def test_shards_are_left_alone_unless_they_are_selected(given: str | None, text: str) -> None:
    env = SERVE if given is None else {**SERVE, "PENSTOCK_WATCH_LABEL_SELECTOR": given}
    assert str(read_settings(env, Role.SERVE).watch_label_selector) == text
    assert "no condition on a label" in refusal({**SERVE, "PENSTOCK_WATCH_LABEL_SELECTOR": "a in b"})


def test_the_api_server_needs_an_address_that_it_can_call() -> None:
    hooked = {**SERVE, "PENSTOCK_ADMISSION_PORT": "8443"}
    assert read_settings(hooked, Role.SERVE).admission_port == 8443
    assert read_settings(SERVE, Role.SERVE).admission_port is None
    for everywhere in ("0.0.0.0", "::"):  # noqa: S104 - nobody listens here
        told = {**hooked, "PENSTOCK_LISTEN_HOST": everywhere}
        assert "PENSTOCK_ADMISSION_HOST is missing" in refusal(told)
        named = {**told, "PENSTOCK_ADMISSION_HOST": "penstock.apps.svc"}
        assert read_settings(named, Role.SERVE).admission_host == "penstock.apps.svc"
        assert read_settings({**SERVE, "PENSTOCK_LISTEN_HOST": everywhere}, Role.SERVE).listen_port == 8080
