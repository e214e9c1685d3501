"""`make differential`: one repository through Flux and through penstock, step by step, and what differs."""
