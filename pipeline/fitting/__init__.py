"""Training: the loop, the batches, the random changes to clips; the door is `loop.fit`."""
