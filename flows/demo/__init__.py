"""`signloop demo`: a camera or a file in front of a model, in a window or in an annotated video.

Mirroring. A camera shows the signer's right hand on the picture's left, and so do recordings, photographs and what the
models were trained on; in a window people expect a mirror. So only what is shown is turned over, after the skeleton was
drawn on it and before anything is written on it. Detection, left and right, and the model see the picture as it came.
A recording that is a mirror's already has every hand for the other one; `--selfie` turns it back before all else.
"""
