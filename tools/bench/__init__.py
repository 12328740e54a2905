"""`make bench`: what recording, reading, folding and starting cost, each beside a baseline of the same run."""
