"""A real Kubernetes control plane on loopback: API server and etcd, on request what makes workloads ready.

plane.py is what others use; config, kubeconfig and certs are values; daemon, guard and probe do the I/O.
"""
