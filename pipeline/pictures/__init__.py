"""Clips as pictures that a person looks at: moving (GIF, or a page by itself), on a sheet, and what matters in them."""
