"""Clips as pictures that a person looks at: an animation (GIF, or a page by itself), and a contact sheet of many."""
