#!/usr/bin/env python3
"""An echo with aiortc, a WebRTC stack unrelated to the browser's, over the API's HTTP face.

  aiortc_echo.py http://127.0.0.1:8088/janus [--seconds 6]

Sends a tone and a moving picture, and checks what comes back: frames of the right size that carry
the sender's picture numbers in order, and audio of the right pitch. The last line is one JSON object.
Exits 0 when it works, 77 when aiortc is missing.
"""
import argparse
import asyncio
import fractions
import json
import math
import random
import sys
import time
import urllib.request

try:
    import av
    import numpy
    from aiortc import (MediaStreamTrack, RTCConfiguration, RTCPeerConnection,
                        RTCSessionDescription)
except ImportError as missing:
    print(f"aiortc is not installed: {missing}")
    sys.exit(77)

WIDTH, HEIGHT, FPS = 320, 240, 10
RATE, TONE = 48000, 440
BITS = 12  # of the picture number, as a row of black and white blocks


class Picture(MediaStreamTrack):
    """Each frame shows its own number."""
    kind = "video"

    def __init__(self):
        super().__init__()
        self.number = 0
        self.start = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0, self.start + self.number / FPS - time.monotonic()))
        image = numpy.full((HEIGHT, WIDTH, 3), 128, numpy.uint8)
        block = WIDTH // BITS
        for bit in range(BITS):
            image[:80, bit * block:(bit + 1) * block] = 255 if self.number >> bit & 1 else 0
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = self.number * 90000 // FPS
        frame.time_base = fractions.Fraction(1, 90000)
        self.number += 1
        return frame


def number_in(frame):
    image = frame.to_ndarray(format="gray")
    block = image.shape[1] // BITS
    return sum(1 << bit for bit in range(BITS)
               if image[20:60, bit * block + 6:(bit + 1) * block - 6].mean() > 128)


class Tone(MediaStreamTrack):
    kind = "audio"
    samples = RATE // 50

    def __init__(self):
        super().__init__()
        self.position = 0
        self.start = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0, self.start + self.position / RATE - time.monotonic()))
        at = numpy.arange(self.position, self.position + self.samples)
        wave = (8000 * numpy.sin(2 * math.pi * TONE * at / RATE)).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self.position
        frame.time_base = fractions.Fraction(1, RATE)
        self.position += self.samples
        return frame


class Api:
    """The Janus API over HTTP: requests by POST, events by long poll."""

    def __init__(self, base):
        self.base = base
        self.session = self.handle = None

    @staticmethod
    def fetch(url, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=40) as reply:
            return json.load(reply)

    async def post(self, janus, **fields):
        path = "/".join(str(p) for p in (self.base, self.session, self.handle) if p)
        body = {"janus": janus, "transaction": str(random.getrandbits(60)), **fields}
        reply = await asyncio.to_thread(self.fetch, path, body)
        if reply["janus"] == "error":
            raise RuntimeError(f"{janus}: {reply['error']}")
        return body["transaction"], reply

    async def next_event(self):
        return await asyncio.to_thread(self.fetch, f"{self.base}/{self.session}?maxev=1")

    async def open(self):
        self.session = (await self.post("create"))[1]["data"]["id"]
        self.handle = (await self.post("attach", plugin="janus.plugin.echotest"))[1]["data"]["id"]

    async def message(self, body, jsep):
        transaction, _ = await self.post("message", body=body, jsep=jsep)
        while True:
            event = await self.next_event()
            if event.get("transaction") == transaction:
                return event


def pitch_of(samples):
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return float(numpy.argmax(spectrum[1:]) + 1) * RATE / len(samples)


async def receive(track, seen):
    while True:
        frame = await track.recv()
        if track.kind == "video":
            seen["numbers"].append(number_in(frame))
            seen["size"] = [frame.width, frame.height]
        else:
            wave = frame.to_ndarray().reshape(-1)[::len(frame.layout.channels)]
            seen["sound"].append(wave)


async def run(options):
    api = Api(options.server)
    await api.open()
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    seen = {"numbers": [], "sound": [], "size": None}
    tasks = []
    pc.on("track", lambda track: tasks.append(asyncio.ensure_future(receive(track, seen))))
    pc.addTrack(Tone())
    pc.addTrack(Picture())
    await pc.setLocalDescription(await pc.createOffer())
    offer = {"type": "offer", "sdp": pc.localDescription.sdp, "trickle": False}
    event = await api.message({"audio": True, "video": True}, offer)
    await pc.setRemoteDescription(RTCSessionDescription(event["jsep"]["sdp"], "answer"))
    await asyncio.sleep(options.seconds)
    state = pc.connectionState
    for task in tasks:
        task.cancel()
    await pc.close()
    await api.post("detach")
    api.handle = None
    await api.post("destroy")
    return state, seen


def judge(state, seen, seconds):
    numbers = seen["numbers"]
    sound = numpy.concatenate(seen["sound"]).astype(float) if seen["sound"] else numpy.zeros(1)
    tail = sound[-RATE:]
    steps = [b - a for a, b in zip(numbers, numbers[1:])]
    result = {
        "state": state,
        "frames": len(numbers),
        "size": seen["size"],
        "forward": all(step >= 0 for step in steps),
        "skipped": sum(step - 1 for step in steps if step > 1),
        "audio_seconds": round(len(sound) / RATE, 2),
        "pitch": round(pitch_of(tail), 1) if len(tail) == RATE else None,
    }
    result["ok"] = bool(
        state == "connected" and len(numbers) > FPS * (seconds - 3) and result["forward"]
        and seen["size"] == [WIDTH, HEIGHT] and result["audio_seconds"] > seconds - 3
        and result["pitch"] is not None and abs(result["pitch"] - TONE) < 5)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server")
    parser.add_argument("--seconds", type=float, default=7)
    options = parser.parse_args()
    result = judge(*asyncio.run(run(options)), options.seconds)
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
