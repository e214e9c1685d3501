"""Events as Eventarc delivers them."""

from __future__ import annotations

import json

FINALIZED = "google.cloud.storage.object.v1.finalized"


def finalized(bucket: str, name: str, *, structured: bool = False) -> tuple[dict[str, str], bytes]:
    """Headers and body that say that an object was written."""
    data = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/1700000000000000",
        "bucket": bucket,
        "name": name,
        "generation": "1700000000000000",
        "contentType": "application/octet-stream",
        "size": "1024",
        "timeCreated": "2030-01-01T00:00:00.000Z",
    }
    attributes = {
        "specversion": "1.0",
        "id": "9876543210",
        "source": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
        "type": FINALIZED,
        "subject": f"objects/{name}",
        "time": "2030-01-01T00:00:00.000Z",
    }
    if structured:
        event = {**attributes, "datacontenttype": "application/json", "data": data}
        return {"Content-Type": "application/cloudevents+json"}, json.dumps(event).encode()
    headers = {f"ce-{key}": value for key, value in attributes.items()}
    return {"Content-Type": "application/json", **headers}, json.dumps(data).encode()
