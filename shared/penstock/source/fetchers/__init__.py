"""Where sources come from. Edge: each fetcher asks its kind of server and decides nothing about status."""
