"""The functions as they are deployed: each main.py, loaded by functions-framework, asked over HTTP."""
