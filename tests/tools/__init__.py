"""Tests of the tools around the product."""
