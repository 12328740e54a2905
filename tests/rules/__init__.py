"""firestore.rules: what a caller reaches in Firestore without going through the functions."""
