/* A WebRTC stack that is not a browser's: Debian's aiortc, over the HTTP API. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withServer } from '../lib/server.mjs';

const PYTHON = '/usr/bin/python3'; // the one that Debian's modules belong to
const SCRIPT = fileURLToPath(new URL('../aiortc_echo.py', import.meta.url));
const run = promisify(execFile);
const skip = await run(PYTHON, ['-c', 'import aiortc, av'])
  .then(() => false, () => 'python3-aiortc is not installed');

for (const [name, options] of [['full ICE', {}], ['ICE lite', { nat: 'ice_lite = true;' }]]) {
  test(`aiortc sees at least 30 frames of its own, ${name}`, { skip }, () => withServer(options, async (server) => {
    const { stdout } = await run(PYTHON, [SCRIPT, server.api], { timeout: 60000 });
    const seen = JSON.parse(stdout);
    assert.ok(seen.video >= 30 && seen.audio >= 30, stdout);
    assert.deepEqual(seen.size, [320, 240]);
    assert.ok(seen.loudness > 1000, `the tone came back as silence: ${stdout}`);
    await server.waitForLog(/ended session=\d+ reason=destroyed/);
  }));
}
