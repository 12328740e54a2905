"""Tests of GWI Usage; the folders mirror shared/."""
