"""What the product does, one verb per module; the ports it needs come in as arguments."""
