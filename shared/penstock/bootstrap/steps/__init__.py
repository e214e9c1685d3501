"""The steps of bootstrap: each over the ports of its flow."""
