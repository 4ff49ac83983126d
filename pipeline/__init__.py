"""The mathematics and the files: from a source of landmarks to a scored model.

It knows nothing of DVC, Prefect, MLflow or Evidently. Letters that name the axes of an array, everywhere:
B batch, T frames, V points, C coordinates (x, y, z), F features, K classes; `landmarks_BTVC` has these four axes.
"""
