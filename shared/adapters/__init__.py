"""One vendor per module; adapters never import each other."""
