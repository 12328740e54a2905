"""A pydantic-ai agent with a tool, metered by the spans that it exports itself: this package is not needed.

OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=…/v1/otlp/v1/traces OTEL_EXPORTER_OTLP_TRACES_HEADERS="Authorization=Bearer%20…" \\
  OPENAI_API_KEY=… python pydantic_ai_agent.py "Which of our plans suits a team of five?"
"""

import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

spans = TracerProvider(resource=Resource.create({"gwi.user_id": "cleo", "gwi.workflow_id": "support"}))
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
Agent.instrument_all(InstrumentationSettings(tracer_provider=spans, include_content=False))

agent = Agent("openai-chat:gpt-4.1-mini", name="support", instructions="Answer in one sentence.")


@agent.tool_plain
def look_up(topic: str) -> str:
    """Return the handbook's page about a topic."""
    return f"the page about {topic}"


if __name__ == "__main__":
    print(agent.run_sync(" ".join(sys.argv[1:])).output)
    spans.shutdown()
