"""From pictures to landmarks: MediaPipe's detectors, one clip at a time; `pipeline/sources` says which clips."""
