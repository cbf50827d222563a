/* What these tests mean by "it works", in numbers. Chromium's fake camera runs at 15 frames a second;
 * its fake microphone beeps once a second. */
import assert from 'node:assert/strict';
import { statsOf } from './browser.mjs';
import { growth, seconds, until } from './wait.mjs';

const COUNTERS = ['framesDecoded', 'videoBytesIn', 'audioPacketsIn', 'audioEnergy'];
const LEAST_FPS = 7; // half of what is sent: two cores do everything here
const LEAST_AUDIO_PPS = 35; // of 50

/* Frames are decoded, and sound arrives, for `period` seconds. */
export async function checkEcho(page, { period = 5, audio = true, video = true } = {}) {
  const moves = (s) => (!video || s.framesDecoded > 0) && (!audio || s.audioEnergy > 0);
  await until('the echo begins', () => statsOf(page), moves);
  const grown = await growth(() => statsOf(page), COUNTERS, period);
  if (video) {
    assert.ok(grown.framesDecoded >= LEAST_FPS * period, `${grown.framesDecoded} frames decoded in ${period} s`);
  }
  if (audio) {
    assert.ok(grown.audioPacketsIn >= LEAST_AUDIO_PPS * period, `${grown.audioPacketsIn} audio packets in ${period} s`);
    assert.ok(grown.audioEnergy > 0.001, `audio energy grew by ${grown.audioEnergy}`);
  }
  return statsOf(page);
}

/* Nothing more comes of these counters, after a moment for what is on its way. */
export async function checkSilence(page, keys, what) {
  await seconds(1);
  const grown = await growth(() => statsOf(page), COUNTERS, 2);
  for (const key of keys) {
    assert.ok(grown[key] < 0.0005, `${what}: ${key} grew by ${grown[key]}`);
  }
}

export async function checkNothingLeft(server) {
  await until('the server holds nothing', server.alive,
    (n) => n.sessions === 0 && n.handles === 0 && n.peers === 0, 10);
}
