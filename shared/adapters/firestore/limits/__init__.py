"""The platform's plans in Firestore."""
