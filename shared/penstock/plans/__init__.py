"""What would be done, what was done, and going back: plans for people, by the code that applies."""
