"""The only Kubernetes client: requests, discovery, credentials, events."""
