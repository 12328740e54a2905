"""An agent with a tool and two sub-agents, which may spend a dollar together.

GWI_URL=… GWI_KEY=… OPENAI_API_KEY=… python agent.py "Which of our plans suits a team of five?"
"""

import os
import sys
import time

from openai import OpenAI

from gwi_usage import Meter, RunRefused
from gwi_usage.wrappers import wrap

MODEL = "gpt-4.1-mini"
meter = Meter(os.environ["GWI_KEY"], os.environ["GWI_URL"])
client = wrap(OpenAI(), meter)


def main(question: str) -> str:
    with meter.run(budget_usd="1.00", workflow_id="support"):
        notes = [research(topic) for topic in ("prices", "limits")]
        return ask(f"Answer the question with these notes.\n{question}\n{notes}")


def research(topic: str) -> str:
    """Let a sub-agent look something up, for at most 40 cents of the dollar."""
    try:
        with meter.run(budget_usd="0.40"):
            return ask(f"Summarise what matters about {topic}: {look_up(topic)}")
    except RunRefused as refusal:
        return f"There is no budget left for {topic} ({refusal.code})."


def look_up(topic: str) -> str:
    """Stand for a tool, whose calls are counted beside those of models."""
    began = time.monotonic()
    found = f"the handbook's page about {topic}"
    latency_ms = round(1000 * (time.monotonic() - began))
    meter.track(category="tool", provider="handbook", model="look-up", latency_ms=latency_ms)
    return found


def ask(text: str) -> str:
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content or ""


if __name__ == "__main__":
    with meter:
        print(main(" ".join(sys.argv[1:])))
