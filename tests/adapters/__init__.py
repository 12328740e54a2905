"""The parts particular to one adapter: encoding, failures, billed operations, indexes."""
