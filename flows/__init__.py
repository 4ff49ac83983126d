"""Composition: the stage table, the code that each stage is made of, and the `signloop` command."""
