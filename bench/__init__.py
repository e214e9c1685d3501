"""The yardsticks: Flux's own controllers beside penstock, on one API server and Git server, in one run."""
