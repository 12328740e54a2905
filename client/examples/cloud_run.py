"""A Cloud Run function. What it used is sent before it answers, because its instance may be frozen afterwards.

GWI_URL=… GWI_KEY=… OPENAI_API_KEY=… functions-framework --target summarize --source cloud_run.py
"""

import os

import functions_framework
from flask import Request
from openai import OpenAI

from gwi_usage import Meter
from gwi_usage.wrappers import wrap

meter = Meter(os.environ["GWI_KEY"], os.environ["GWI_URL"], outbox=None)
client = wrap(OpenAI(), meter)


@functions_framework.http
@meter.flush_after
def summarize(request: Request) -> str:
    text = f"Summarise: {request.get_data(as_text=True)}"
    completion = client.chat.completions.create(
        model="gpt-4.1-mini", messages=[{"role": "user", "content": text}]
    )
    return completion.choices[0].message.content or ""
