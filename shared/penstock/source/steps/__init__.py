"""The steps of the fetch flow: they use the ports and leave every decision to the pure modules."""
