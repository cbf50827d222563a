/* Waiting for what a test expects, with a message that says what was seen instead. */
import assert from 'node:assert/strict';

export const seconds = (n) => new Promise((done) => { setTimeout(done, n * 1000); });

/* Polls `probe` until `accept` likes its value; fails with the last value after `limit` seconds. */
export async function until(what, probe, accept = Boolean, limit = 20) {
  const end = Date.now() + limit * 1000;
  for (;;) {
    const value = await probe();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > end) {
      assert.fail(`${what}: not within ${limit} s; last seen: ${JSON.stringify(value)}`);
    }
    await seconds(0.1);
  }
}

/* How far the counters of `read()` move in `period` seconds. */
export async function growth(read, keys, period) {
  const before = await read();
  await seconds(period);
  const after = await read();
  return Object.fromEntries(keys.map((key) => [key, after[key] - before[key]]));
}
