from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.work import Function
from penstock.base.errors import SettingsError, Terminal
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.queue.folder import FolderQueue
from penstock.queue.http import HttpQueue
from penstock.queue.pubsub import PubSubQueue
from penstock.runtime.routing import routes_of
from penstock.runtime.wiring import Wiring
from penstock.store.folder import FolderBucket

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = {"PENSTOCK_WEBHOOK_SECRET": "hook-canary", "PENSTOCK_INVOKE_TOKEN": "invoke-canary"}
URLS = {"PENSTOCK_FETCH_URL": "https://fetch.example/", "PENSTOCK_APPLY_URL": "https://apply.example/"}


def wired(role: Role = Role.WEBHOOK, stream: io.StringIO | None = None, **env: str) -> Wiring:
    given = {f"PENSTOCK_{key.upper()}": value for key, value in env.items()}
    return Wiring(read_settings({**BASE, **given}, role), {}, stream=stream or io.StringIO())


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("make", "log_format", "text"),
    [
        (io.StringIO, "auto", False),
        (Tty, "auto", True),
        (Tty, "json", False),
        (io.StringIO, "text", True),
    ],
)
def test_logs_are_text_on_a_terminal_and_json_elsewhere(
    tmp_path: Path, make: Callable[[], io.StringIO], log_format: str, text: bool
) -> None:
    stream = make()
    wired(stream=stream, queue=str(tmp_path), log_format=log_format).log.info("said")
    assert stream.getvalue().startswith("► said" if text else "{")


def test_the_secrets_of_the_settings_are_masked_from_the_start(tmp_path: Path) -> None:
    stream = io.StringIO()
    wired(stream=stream, queue=str(tmp_path)).log.info("got hook-canary and invoke-canary")
    assert "canary" not in stream.getvalue()


def test_both_values_of_a_secret_are_valid_during_rotation(tmp_path: Path) -> None:
    wiring = wired(
        queue=str(tmp_path), webhook_secret_previous="older-canary", invoke_token_previous="old-canary"
    )
    assert wiring.webhook_secrets == ("hook-canary", "older-canary")
    assert wiring.tokens == ("invoke-canary", "old-canary")


def test_work_goes_to_the_folder_if_there_is_one_and_to_the_urls_if_not(tmp_path: Path) -> None:
    env: dict[str, Any] = {key.removeprefix("PENSTOCK_").lower(): value for key, value in URLS.items()}
    assert isinstance(wired(queue=str(tmp_path), **env).queue, FolderQueue)
    queue = wired(**env).queue
    assert isinstance(queue, HttpQueue)
    assert queue.urls == {Function.FETCH: "https://fetch.example/", Function.APPLY: "https://apply.example/"}
    assert queue.timeout_s == 8
    behind = wired(Role.FETCH, bucket=str(tmp_path), **env).queue
    assert isinstance(behind, HttpQueue)
    assert behind.timeout_s == 540 + 30


def test_work_goes_to_pubsub_if_the_queue_is_there(tmp_path: Path) -> None:
    wiring = wired(Role.FETCH, bucket=str(tmp_path), queue="pubsub://my-project/fleet")
    assert isinstance(wiring.queue, PubSubQueue)
    assert wiring.dead_letters is wiring.queue
    with pytest.raises(ValueError, match="fetch was started without a queue"):
        _ = wiring.folder_queue
    with pytest.raises(ValueError, match="webhook was started without Pub/Sub"):
        _ = wired(queue=str(tmp_path)).pubsub_queue
    wiring.close()


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (Role.WEBHOOK, {"/", "/github", "/gitlab", "/invoke", "/healthz", "/metrics"}),
        (Role.SERVE, {"/github", "/gitlab", "/invoke", "/fetch", "/apply", "/tick", "/healthz", "/metrics"}),
        (Role.FETCH, {"/", "/fetch", "/healthz", "/metrics"}),
        (Role.APPLY, {"/", "/apply", "/healthz", "/metrics"}),
        (Role.TICK, {"/", "/tick", "/healthz", "/metrics"}),
    ],
)
def test_each_process_answers_its_own_paths(tmp_path: Path, role: Role, paths: set[str]) -> None:
    wiring = wired(role, queue=str(tmp_path / "queue"), bucket=str(tmp_path / "bucket"))
    assert set(routes_of(wiring).by_path) == paths
    assert not (tmp_path / "queue").exists(), "nothing is made before it is needed"


@pytest.mark.parametrize("role", list(Role))
def test_events_are_heard_where_things_are_applied_and_the_bucket_tells(tmp_path: Path, role: Role) -> None:
    wiring = wired(role, queue=str(tmp_path), bucket="gs://artifacts")
    assert ("/events" in routes_of(wiring).by_path) == (role in (Role.APPLY, Role.SERVE))


def test_without_a_cluster_to_be_had_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="no cluster is named"):
        _ = wired(queue=str(tmp_path)).cluster


def test_an_upstream_that_is_no_program_is_an_error_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PENSTOCK_UPSTREAM_BINARY"):
        _ = wired(queue=str(tmp_path), upstream_binary=str(tmp_path / "nothing")).upstream


def test_parts_that_need_a_setting_say_who_lacks_it() -> None:
    env: dict[str, Any] = {key.removeprefix("PENSTOCK_").lower(): value for key, value in URLS.items()}
    wiring = wired(**env)
    with pytest.raises(ValueError, match="webhook was started without a bucket"):
        _ = wiring.bucket
    with pytest.raises(ValueError, match="webhook was started without a queue"):
        _ = wiring.folder_queue
    wiring.close()


def test_the_bucket_is_a_folder_or_on_cloud_storage(tmp_path: Path) -> None:
    assert isinstance(wired(queue=str(tmp_path), bucket=str(tmp_path)).bucket, FolderBucket)
    given = {"PENSTOCK_QUEUE": str(tmp_path), "PENSTOCK_BUCKET": "gs://artifacts/prod"}
    settings = read_settings({**BASE, **given}, Role.WEBHOOK)
    bucket = Wiring(settings, {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:1"}).bucket
    assert bucket.url("a") == "http://127.0.0.1:1/artifacts/prod/a"


def test_the_queue_is_left_when_the_process_ends(tmp_path: Path) -> None:
    wiring = wired(queue=str(tmp_path))
    wiring.folder_queue.wake()
    assert list((tmp_path / "owners").iterdir()) != []
    wiring.close()
    assert list((tmp_path / "owners").iterdir()) == []


def test_settings_files_are_read_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(json.dumps({"current-context": "gone"}))
    with pytest.raises(Terminal, match="gone"):
        _ = wired(queue=str(tmp_path), kubeconfig=str(tmp_path / "kubeconfig")).cluster


def test_the_hook_s_path_is_answered_by_webhook_and_serve_alone_and_never_shown(tmp_path: Path) -> None:
    stream = io.StringIO()
    wiring = wired(stream=stream, queue=str(tmp_path), invoke_token_previous="older-canary")
    assert len(set(wiring.hook_parts)) == 2
    assert list(routes_of(wiring).below) == ["/admission/"]
    wiring.log.info(f"got {' and '.join(wiring.hook_parts)}")
    assert not any(part in stream.getvalue() for part in wiring.hook_parts)
    for role in (Role.FETCH, Role.APPLY, Role.TICK):
        alone = wired(role, queue=str(tmp_path), bucket=str(tmp_path))
        assert routes_of(alone).below == {}


def test_of_functions_at_urls_no_answer_is_waited_for_before_a_change_is_allowed(tmp_path: Path) -> None:
    prompt = Wiring(read_settings({**BASE, **URLS}, Role.WEBHOOK), {}, stream=io.StringIO()).prompt_queue
    assert isinstance(prompt, HttpQueue)
    assert prompt.brief == set(Function)
    assert prompt.timeout_s < 1
    kept = wired(queue=str(tmp_path))
    assert kept.prompt_queue is kept.queue
