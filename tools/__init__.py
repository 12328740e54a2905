"""Tools around the product: development stack, admin, build, bench; never deployed."""
