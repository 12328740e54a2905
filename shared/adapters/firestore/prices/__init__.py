"""The platform's prices in Firestore."""
