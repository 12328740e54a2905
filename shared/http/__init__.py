"""HTTP: reads requests, calls a use case, writes answers. Status codes appear nowhere else."""
