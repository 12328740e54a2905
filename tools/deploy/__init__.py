"""`make deploy` and `make destroy`: a plan of typed steps, and what shows and runs it."""
