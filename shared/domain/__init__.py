"""The rules of metering: pure, without input, output, clock or environment."""
