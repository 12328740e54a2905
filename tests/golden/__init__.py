"""Golden behaviours: what the product promises, one test per promise."""
