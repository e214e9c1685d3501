"""What webhooks tell us, checked and read. Pure."""
