"""How a directory of an artifact becomes objects in a cluster: rules (pure), and flow.py to order them."""
