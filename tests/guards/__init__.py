"""What each row of docs/reliability.md rests on: the guard in the code, and the test that misses it."""
