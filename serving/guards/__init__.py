"""Who may ask, and how much: keys, origins, bounds of requests and connections."""
