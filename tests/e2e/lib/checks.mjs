/* Two things that should come to nothing. */
import assert from 'node:assert/strict';
import { statsOf } from './browser.mjs';
import { growth, seconds, until } from './wait.mjs';

const NOISE = 0.0005; // the energy of silence is not quite zero

/* These counters of statsOf() stand still, after a moment for what is on its way. */
export async function checkSilence(page, keys, what) {
  await seconds(1);
  const grown = await growth(() => statsOf(page), keys, 2);
  for (const key of keys) {
    assert.ok(grown[key] < NOISE, `${what}: ${key} grew by ${grown[key]}`);
  }
}

/* What the server's log says of its sessions, handles and PeerConnections that have not ended. */
export function alive(server) {
  const count = (pattern) => [...server.log().matchAll(pattern)].length;
  return {
    sessions: count(/^\[session\] created /gm) - count(/^\[session\] ended /gm),
    handles: count(/^\[handle\] attached /gm) - count(/^\[handle\] detached /gm),
    peers: count(/^\[webrtc\] started /gm) - count(/^\[webrtc\] closed /gm),
  };
}

export async function checkNothingLeft(server) {
  await until('the server holds nothing', () => alive(server),
    (n) => n.sessions === 0 && n.handles === 0 && n.peers === 0, 10);
}
