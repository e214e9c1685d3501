"""What is asked of the peers, one phase after the other, and how a phase is measured."""
