"""HTTP: reads a request, calls a use case, writes a response. Status codes appear nowhere else."""
