"""What everything stands on: settings, errors, masking, logs, clock, deadlines. Imports nothing of ours."""
