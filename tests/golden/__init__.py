"""Golden behaviours: one test per promise of the product."""
