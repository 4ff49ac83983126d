"""Who answers: versions loaded and checked, in step with the registry, and what they are asked."""
