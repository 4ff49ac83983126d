import asyncio

import numpy as np

from pipeline.stream import Steps
from serving.stream.messages import Frame
from serving.stream.stepping import Stepping
from serving.stream.waiting import Closed, Waiting
from tests.serving.stream.streams import NOBODY, hand, write_step


def frame(time_s: float) -> Frame:
    return Frame(time_s, NOBODY)


def test_the_oldest_frames_make_room_and_what_is_said_between_them_stays():
    async def fill() -> tuple[list, int]:
        waiting: Waiting[str] = Waiting(2)
        await waiting.put(frame(1))
        await waiting.put("reset")
        for time_s in (2, 3, 4):
            await waiting.put(frame(time_s))
        waiting.close()
        items = []
        while not isinstance(item := await waiting.take(), Closed):
            items.append(item if isinstance(item, str) else item.time_s)
        return items, waiting.dropped

    assert asyncio.run(fill()) == (["reset", 3, 4], 2)


def test_who_says_too_much_between_frames_waits_until_some_of_it_was_heard():
    async def crowd() -> tuple[bool, bool]:
        waiting: Waiting[str] = Waiting(1)
        await waiting.put("reset")
        second = asyncio.create_task(waiting.put("reset"))
        await asyncio.sleep(0)
        before = second.done()
        await waiting.take()
        await second
        return before, isinstance(await waiting.take(), str)

    assert asyncio.run(crowd()) == (False, True)


def test_frames_of_several_streams_go_through_the_model_as_each_would_alone(tmp_path):
    write_step(tmp_path / "step.onnx", ("A", "B", "C"))
    steps = Steps.open(tmp_path / "step.onnx")
    ones = np.ones(1, np.float32)

    def feeds(label: int) -> dict:
        return {"landmarks": hand(label)[None, None], "aspect": ones, "fps": ones, "handedness": ones}

    states = [{"sum": np.full((1, 3), n, np.float32)} for n in range(7)]

    async def together() -> list:
        stepping = Stepping(max_batch=4)
        said = await asyncio.gather(*(stepping.step(steps, feeds(n % 3), state) for n, state in enumerate(states)))
        stepping.close()
        return said

    for n, (stepped, state) in enumerate(zip(asyncio.run(together()), states, strict=True)):
        logits, _, after = steps.run(feeds(n % 3), state)
        np.testing.assert_array_equal(stepped.logits, logits[0])
        np.testing.assert_array_equal(stepped.state["sum"], after["sum"])
        assert stepped.seen
