def gc() -> None:
    """Placeholder."""
