"""What is trained towards: one objective a file."""
