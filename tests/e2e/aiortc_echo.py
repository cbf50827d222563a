"""EchoTest with aiortc over the HTTP API: sends a picture and a tone, counts what comes back.

    /usr/bin/python3 aiortc_echo.py http://127.0.0.1:8088/janus

Prints {"video": frames, "audio": frames, "size": [w, h], "loudness": highest sample}."""
import asyncio
import json
import math
import struct
import sys
import urllib.request

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack
from av import VideoFrame

WANTED_FRAMES = 30
LIMIT_S = 45
TONE_HZ, LOUDNESS = 440, 12000

# aioice leaves loopback out; the server of the test is nowhere else
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Picture(VideoStreamTrack):
    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(320, 240, "yuv420p")
        for i, plane in enumerate(frame.planes):
            plane.update(bytes([(pts // 3000 * (i + 1) * 5) % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    async def recv(self):
        frame = await super().recv()
        samples = (LOUDNESS * math.sin(2 * math.pi * TONE_HZ * (frame.pts + i) / frame.sample_rate)
                   for i in range(frame.samples))
        frame.planes[0].update(struct.pack(f"<{frame.samples}h", *map(int, samples)))
        return frame


class Api:
    """Requests and long polls, each on a thread of its own."""

    def __init__(self, base):
        self.base = base

    async def post(self, path, **request):
        request["transaction"] = "aiortc"
        body = json.dumps(request).encode()
        reply = await self._fetch(self.base + path, body)
        if reply["janus"] == "error":
            raise RuntimeError(reply["error"])
        return reply

    async def poll(self, path):
        return await self._fetch(self.base + path, None)

    async def _fetch(self, url, body):
        def fetch():
            with urllib.request.urlopen(url, body, timeout=LIMIT_S) as response:
                return json.load(response)
        return await asyncio.get_running_loop().run_in_executor(None, fetch)


async def count(track, seen, enough):
    while True:
        frame = await track.recv()
        seen[track.kind] += 1
        if track.kind == "video":
            seen["size"] = [frame.width, frame.height]
        else:
            plane = bytes(frame.planes[0])
            samples = struct.unpack(f"<{len(plane) // 2}h", plane)
            seen["loudness"] = max(seen["loudness"], *samples)
        if min(seen["video"], seen["audio"]) >= WANTED_FRAMES:
            enough.set()


async def echo(base):
    seen = {"video": 0, "audio": 0, "size": None, "loudness": 0}
    enough = asyncio.Event()
    tasks = []
    api = Api(base)
    session = f"/{(await api.post('', janus='create'))['data']['id']}"
    attached = await api.post(session, janus="attach", plugin="janus.plugin.echotest")
    handle = f"{session}/{attached['data']['id']}"

    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(Tone())
    pc.addTrack(Picture())
    pc.on("track", lambda track: tasks.append(asyncio.ensure_future(count(track, seen, enough))))
    await pc.setLocalDescription(await pc.createOffer())
    offer = {"type": "offer", "sdp": pc.localDescription.sdp, "trickle": False}
    await api.post(handle, janus="message", body={"audio": True, "video": True}, jsep=offer)
    answer = None
    while answer is None:
        answer = (await api.poll(session)).get("jsep")
    await pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
    try:
        await asyncio.wait_for(enough.wait(), LIMIT_S)
    except asyncio.TimeoutError:
        pass  # the numbers say it
    for task in tasks:
        task.cancel()
    await pc.close()
    await api.post(session, janus="destroy")
    return seen


print(json.dumps(asyncio.run(echo(sys.argv[1]))))
