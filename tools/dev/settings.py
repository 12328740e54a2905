"""Names and places of the local stack."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STACK_FILE = "stack.json"

PROJECT_ID = "demo-gwi"  # "demo-" keeps every emulator off the network
TICK_TOPIC = "usage-tick"
TICK_SECONDS = 3
START_SECONDS = 60

STRIPE_API_KEY = "sk_test_local"  # the double accepts every test key
WEB_ORIGIN = "http://localhost:5173"

USUAL_FIRESTORE_PORT = 8080
USUAL_PUBSUB_PORT = 8085
USUAL_STRIPE_PORT = 8086

DEMO_TENANT = "demo"
DEMO_PLAN = "starter"
