"""Which program a fixture of tests/fixtures_emulators.py runs."""

from penstock.tools.gotools import GITEA, PUBSUB, STORAGE

EMULATED = {"pubsub_emulator": PUBSUB, "gcs_emulator": STORAGE, "gitea": GITEA}
