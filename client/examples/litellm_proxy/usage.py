"""The callback of `config.yaml`: it records all calls, and refuses those for which nothing is left."""

import os

from gwi_usage import Meter
from gwi_usage.litellm import UsageLogger

logger = UsageLogger(Meter(os.environ["GWI_KEY"], os.environ["GWI_URL"]), enforces=True)
