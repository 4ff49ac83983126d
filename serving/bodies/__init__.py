"""What a request brings, bounded and read: JSON, tensors, NumPy files, recordings."""
