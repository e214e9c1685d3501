from __future__ import annotations

import subprocess
import sys

import pytest

RACE = """
import sys, threading
import msgspec
{imports}
sys.setswitchinterval(1e-6)
barrier = threading.Barrier(4)

def decode():
    for model in ({models},):
        given = {{name: [] for name in reversed(model.__struct_encode_fields__)}}
        barrier.wait()
        try:
            {decode}
        except msgspec.ValidationError:
            pass

threads = [threading.Thread(target=decode) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
CONVERTED = "msgspec.convert(given, model)"
PARSED = "msgspec.json.decode(msgspec.json.encode(given), type=model)"
DECODED = {
    "penstock.api.gitrepository": ("GitRepository",),
    "penstock.api.kustomization": ("Kustomization",),
    "penstock.api.meta": ("Artifact", "ResourceInventory", "Status"),
    "penstock.api.push": ("_Envelope",),
    "penstock.api.work": ("WorkItem",),
    "penstock.queue.shelf": ("_Stored",),
    "penstock.store.artifacts": ("_Files", "_Versioned"),
    "penstock.store.baselines": ("Baseline", "_Versioned"),
    "penstock.store.records": ("Record", "_Versioned"),
    "penstock.store.runs": ("RunRecord", "_Versioned"),
}


@pytest.mark.parametrize("module", DECODED)
def test_a_struct_may_be_decoded_first_by_several_threads_at_once(module: str) -> None:
    """Each process can race once only; without `learn` those with many fields die."""
    models = ", ".join(f"module.{name}" for name in DECODED[module])
    for decode in (CONVERTED, PARSED) * 2:
        code = RACE.format(imports=f"import {module} as module", models=models, decode=decode)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
