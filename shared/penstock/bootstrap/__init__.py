"""From nothing to a reconciled cluster: what `penstock bootstrap` writes to Git and to the cluster."""
