"""Each function alone under functions-framework, as a real process, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from penstock.admission.configuration import secret_part
from penstock.api.work import Function, WorkItem, decode, encode

from tests.admission.reviews import UID, body, call, flux_object
from tests.cluster.scripted import ScriptedApi
from tests.queue.test_http import successor
from tests.runtime.issuer import ACCOUNT, AUDIENCE, OURS, THEIRS, claims, served
from tests.runtime.processes import ROOT, ask, environment, function
from tests.runtime.requesting import PUSH, SECRET, TOKEN, bearer, signed

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

BODY = json.dumps(PUSH).encode()
URL = "https://github.com/fluxcd/flux2.git"
SECRETS = {"webhook_secret": SECRET, "invoke_token": TOKEN}


def pending(queue: Path) -> list[WorkItem]:
    files = sorted((queue / "pending").iterdir())
    return [decode(json.dumps(json.loads(file.read_text())["item"]).encode()) for file in files]


def test_webhook_keeps_a_push_in_the_queue(tmp_path: Path) -> None:
    with function("webhook", environment(**SECRETS, queue=tmp_path)) as (started, url):
        assert ask(url, "/", BODY, signed(BODY))[0] == 202
        assert ask(url, "/github", BODY, signed(BODY))[0] == 202
        assert ask(url, "/", BODY, signed(BODY, secret="wrong"))[0] == 401
        gitlab = {"Content-Type": "application/json", "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET}
        pushed = json.dumps({**PUSH, "project": {"git_http_url": URL}}).encode()
        for path in ("/gitlab", "/"):
            assert ask(url, path, pushed, gitlab)[0] == 202
            assert ask(url, path, pushed, {**gitlab, "X-Gitlab-Token": "wrong"})[0] == 401
        assert ask(url, "/elsewhere", BODY)[0] == 404
        assert ask(url, "/github", method="GET")[0] == 405
        assert ask(url, "/%2e%2e/github", BODY, signed(BODY))[0] == 404
        (item,) = pending(tmp_path)
        assert item.hint is not None
        assert item.hint.ref == "refs/heads/main"
    assert "canary" not in started.output


def test_webhook_keeps_what_the_api_server_tells(tmp_path: Path) -> None:
    change = body(call("CREATE", flux_object()))
    with function("webhook", environment(**SECRETS, queue=tmp_path)) as (started, url):
        status, answer, _ = ask(url, f"/admission/{secret_part(TOKEN)}", change)
        assert (status, answer["response"]["allowed"]) == (200, True)
        assert [ask(url, path, change)[0] for path in ("/admission/", f"/admission/{TOKEN}")] == [404] * 2
        (item,) = pending(tmp_path)
        assert (item.name, item.reason) == ("fleet", "created")
    assert "canary" not in started.output
    assert secret_part(TOKEN) not in started.output


def test_webhook_hands_what_the_api_server_tells_to_the_url_of_the_next_function() -> None:
    with successor(200) as fetch, successor(200) as apply:
        env = environment(**SECRETS, fetch_url=fetch.url, apply_url=apply.url)
        with function("webhook", env) as (_, url):
            status, answer, _ = ask(
                url, f"/admission/{secret_part(TOKEN)}", body(call("CREATE", flux_object()))
            )
            assert (status, answer["response"]) == (200, {"uid": UID, "allowed": True})
    assert [one.name for one in decode(fetch.got[0][1]).awaits] == ["fleet"]


def test_webhook_hands_a_push_and_an_invoke_to_the_urls_of_the_next_functions() -> None:
    asked = json.dumps({"kind": "Kustomization", "namespace": "apps", "name": "podinfo"}).encode()
    with successor(200) as fetch, successor(200) as apply:
        env = environment(**SECRETS, fetch_url=fetch.url, apply_url=apply.url)
        with function("webhook", env) as (_, url):
            assert ask(url, "/", BODY, signed(BODY))[0] == 202
            assert ask(url, "/invoke", asked, bearer())[0] == 202
            assert ask(url, "/invoke?wait=5s", asked, bearer())[0] == 400
    assert decode(fetch.got[0][1]).function is Function.FETCH
    assert decode(apply.got[0][1]).name == "podinfo"


def test_an_identity_token_of_a_trusted_account_is_as_good_as_the_static_one(tmp_path: Path) -> None:
    asked = json.dumps({"kind": "Kustomization", "namespace": "apps", "name": "podinfo"}).encode()
    now = time.time()
    with ScriptedApi(otherwise=served(OURS)) as issuer:
        trusted = {
            "identity_audiences": AUDIENCE,
            "identity_accounts": ACCOUNT,
            "identity_keys_url": issuer.url,
        }
        with function("webhook", environment(**SECRETS, queue=tmp_path, **trusted)) as (started, url):
            for token, status in (
                (OURS.sign(claims(now)), 202),
                (OURS.sign(claims(now, email="other@project.iam.gserviceaccount.com")), 403),
                (OURS.sign(claims(now - 7200)), 401),
                (THEIRS.sign(claims(now), key_id=OURS.key_id), 401),
                (TOKEN, 202),
            ):
                assert ask(url, "/invoke", asked, bearer(token))[0] == status
        assert len(issuer.seen) == 1
    (item,) = pending(tmp_path)
    assert item.name == "podinfo"
    assert ACCOUNT not in started.output


def test_webhook_does_not_accept_what_the_next_function_did_not_take() -> None:
    with successor(503, Retry_After="7") as fetch:
        env = environment(**SECRETS, fetch_url=fetch.url, apply_url=fetch.url)
        with function("webhook", env) as (_, url):
            status, _, headers = ask(url, "/", BODY, signed(BODY))
    assert (status, headers["Retry-After"]) == (503, "7")


def test_webhook_answers_413_to_a_body_that_is_too_large_before_it_looks_at_anything_else(
    tmp_path: Path,
) -> None:
    env = environment(**SECRETS, queue=tmp_path, limit_webhook_body_bytes=1000)
    with function("webhook", env) as (_, url):
        assert ask(url, "/", b"x" * 1001)[0] == 413
        assert ask(url, "/", iter([b"x" * 900] * 2))[0] == 413
        assert ask(url, "/", iter([b"x" * 65536] * 100))[0] == 413
        assert ask(url, "/", b"x", {"Content-Encoding": "gzip"})[0] == 415
        assert ask(url, "/", BODY, signed(BODY))[0] == 202


@pytest.mark.parametrize("secret", ["", " ", None])
def test_webhook_does_not_start_without_a_secret(secret: str | None) -> None:
    settings = {"invoke_token": TOKEN, "queue": "nowhere"} | (
        {} if secret is None else {"webhook_secret": secret}
    )
    code = "import functions_framework as f; f.create_app('webhook', 'functions/webhook/main.py')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("webhook does not start:\nPENSTOCK_WEBHOOK_SECRET ")
    assert "Traceback" not in done.stderr


def test_webhook_loads_no_kubernetes_client_and_no_http_client(tmp_path: Path) -> None:
    code = """
import runpy, sys
from werkzeug.test import EnvironBuilder
from flask import Request
from tests.runtime.requesting import signed
webhook = runpy.run_path("functions/webhook/main.py")["webhook"]
body = sys.argv[1].encode()
sent = EnvironBuilder(path="/github", method="POST", data=body, headers=list(signed(body).items()))
assert webhook(Request(sent.get_environ()))[1] == 202
heavy = ("kubernetes", "requests", "yaml", "cryptography", "google.auth", "penstock.cluster.client")
heavy += ("grpc", "google.pubsub_v1")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, BODY.decode()],
        env={**environment(**SECRETS, queue=tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_fetch_looks_for_the_object_and_answers_with_the_outcomes(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path
) -> None:
    del flux_api
    with successor(200) as apply:
        env = environment(**SECRETS, kubeconfig=kubeconfig, bucket=tmp_path, apply_url=apply.url)
        with function("fetch", env) as (_, url):
            item = WorkItem(Function.FETCH, "GitRepository", "default", "nowhere")
            status, answer, _ = ask(url, "/", encode(item), bearer())
            assert (status, answer["outcomes"][0]["message"]) == (
                200,
                "GitRepository/default/nowhere is gone",
            )
            assert ask(url, "/", encode(item))[0] == 401
            assert ask(url, "/", encode(WorkItem(Function.TICK)), bearer())[0] == 400


def test_apply_looks_for_the_object_and_answers_with_the_outcomes(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path
) -> None:
    del flux_api
    with function("apply", environment(**SECRETS, kubeconfig=kubeconfig, bucket=tmp_path)) as (_, url):
        item = WorkItem(Function.APPLY, "Kustomization", "default", "nowhere")
        status, answer, _ = ask(url, "/", encode(item), bearer())
    assert status == 200
    assert answer["outcomes"] == [
        {"ok": False, "message": "Kustomization/default/nowhere not found", "reason": "NotFound"}
    ]


def test_tick_hands_what_is_due_to_the_urls(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str
) -> None:
    flux_api.create(
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"namespace": namespace, "name": "fleet"},
            "spec": {"url": "https://git.example/fleet.git", "interval": "10m"},
        }
    )
    with successor(200) as following:
        env = environment(
            **SECRETS,
            kubeconfig=kubeconfig,
            bucket=tmp_path,
            fetch_url=following.url,
            apply_url=following.url,
            namespaces=namespace,
        )
        with function("tick", env) as (_, url):
            assert ask(url, "/", b"", bearer())[0] == 200
    (got,) = following.got
    assert decode(got[1]) == WorkItem(Function.FETCH, "GitRepository", namespace, "fleet", "spec changed")


def test_a_function_whose_cluster_does_not_answer_asks_to_be_called_again(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "x"}}],
                "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
            }
        )
    )
    with function("apply", environment(**SECRETS, kubeconfig=kubeconfig, bucket=tmp_path)) as (_, url):
        item = WorkItem(Function.APPLY, "Kustomization", "default", "nowhere")
        status, _, headers = ask(url, "/", encode(item), bearer())
    assert status == 503
    assert int(headers["Retry-After"]) > 0
