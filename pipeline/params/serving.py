"""`serve` and `log`: how the Production model answers, and what is remembered of it. No stage depends on either."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.section import Positive, Section

Portion = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Serve(Section):
    """`signloop serve`: its bounds, and who answers beside Production."""

    tracks: tuple[str, ...] = ()  # empty: all
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Annotated[int, Field(ge=1, le=64)] = 2  # that run models at once; each run takes one core
    max_batch: Annotated[int, Field(ge=1, le=256)] = 16  # clips of one length that are answered together
    max_wait_ms: Annotated[float, Field(ge=0, le=1000)] = 0  # that a clip waits for company while a thread is free
    max_queue: Positive = 256  # clips that wait for a thread; more are refused with 503
    max_clips: Positive = 64  # of a request
    max_frames: Positive = 2048  # of a request, over all its clips
    max_body_mb: Annotated[float, Field(gt=0, le=1024)] = 16
    max_bodies_mb: Annotated[float, Field(gt=0)] = 256  # of all requests that are at work
    max_requests: Positive = 512  # at work at once; more are refused with 503
    max_connections: Positive = 1024  # streams among them
    max_streams: Positive = 64
    max_message_kb: Annotated[int, Field(ge=16, le=16_384)] = 256  # of a stream
    stream_fps: Annotated[float, Field(gt=0)] = 120  # frames a second of one stream; more are not looked at
    stream_queue: Annotated[int, Field(ge=1, le=1024)] = 16  # frames of one stream that wait; the oldest make room
    stream_idle_s: Seconds = 60  # without a message, then a stream is closed
    max_pinned: Positive = 4  # versions asked for by number that stay loaded
    timeout_s: Seconds = 30  # for a whole request
    detectors: Annotated[int, Field(ge=1, le=64)] = 1  # processes that look at pictures and videos
    detect_timeout_s: Seconds = 20  # for one of them
    rate_per_s: Annotated[float, Field(ge=0)] = 0  # requests of one key or address, averaged; 0: as many as come
    hosts: tuple[str, ...] = ()  # names besides localhost that the server is asked by, as a proxy before it passes them
    follow_s: Seconds = 2  # between two looks at the registry
    shadow: Portion = 0  # share of requests that the candidate answers too; logged, never returned
    canary: Portion = 0  # share of clients whom a candidate that passed its gates answers


class Log(Section):
    """The prediction log: every answer is in it before it is given."""

    predictions: bool = True  # false: nothing is logged, so no drift is seen and no correction taken
    inputs: bool = False  # keep the landmarks of each prediction: they are biometric
    keep_inputs_days: Annotated[int, Field(ge=1, le=3650)] = 30
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 365  # a prediction; `signloop log prune` removes older ones
    max_queue: Positive = 4096  # predictions that wait to be written; more are refused with 503
