"""The main job (`penstock up`): a cluster, the functions, a Git server and one push, on real parts."""
