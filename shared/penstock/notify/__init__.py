"""Events as values, and what is made of them."""
