"""Sources: revisions, references, artifact and ignore rules. Pure, but for fetchers/ (edges) and flow.py."""
