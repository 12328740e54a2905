"""Names and places of the local stack."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STACK_FILE = "stack.json"

PROJECT_ID = "demo-gwi"  # "demo-" keeps every emulator off the network
TICK_TOPIC = "usage-tick"
WAREHOUSE_TOPIC = "usage-events"
TICK_SECONDS = 3
START_SECONDS = 180  # where firebase-tools run Firestore, their first start fetches it

STRIPE_API_KEY = "sk_test_local"  # the double accepts every test key
MAIL_FROM = "GWI Usage <usage@example.com>"

USUAL_FIRESTORE_PORT = 8080
USUAL_PUBSUB_PORT = 8085
USUAL_STRIPE_PORT = 8086
USUAL_MAIL_PORT = 8087
USUAL_SMTP_PORT = 1025
USUAL_AUTH_PORT = 9099
USUAL_WEB_PORT = 5173

DEMO_TENANT = "demo"
DEMO_PLAN = "starter"
DEMO_PAID_PLAN = "professional"
DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "demo-password"  # noqa: S105  # of an emulator that ends with the stack
