from pathlib import Path

from penstock.cluster.client import ApiCluster

from bench.beside.penstock import Penstock, delivery


def test_it_serves_and_takes_a_signed_push_a_tick_and_an_invoke(
    flux_cluster: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str
) -> None:
    del flux_cluster  # only its CRDs are needed
    with Penstock(kubeconfig, tmp_path, namespace) as penstock:
        body = delivery("https://example.com/fleet.git", "1" * 40, "2" * 40)
        assert penstock.push(body) == 202
        assert penstock.tick() == 202
        code, answer = penstock.invoke("Kustomization", namespace, "absent", wait="30s")
        assert code == 404
        assert "does not exist" in answer["error"]
        assert "penstock_work_items_total" in penstock.metrics()
        assert all(process.runs for process in penstock.processes)
    assert not penstock.serve.runs
