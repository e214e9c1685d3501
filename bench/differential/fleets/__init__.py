"""The fleets that both peers are led through, as data."""
