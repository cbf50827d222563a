/* aiortc from Debian (python3-aiortc), a WebRTC stack unrelated to Chromium's. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkNothingLeft } from '../lib/checks.mjs';
import { startServer } from '../lib/server.mjs';

const SCRIPT = fileURLToPath(new URL('../aiortc_echo.py', import.meta.url));
const MISSING = 77;

function run(...args) {
  return new Promise((done) => {
    const child = spawn('/usr/bin/python3', [SCRIPT, ...args]);
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('exit', (code) => done({ code, output }));
  });
}

test('aiortc gets its own pictures and its own tone back', async (t) => {
  const server = await startServer();
  try {
    const { code, output } = await run(server.api);
    if (code === MISSING) {
      t.skip(output.trim());
      return;
    }
    assert.equal(code, 0, output);
    await checkNothingLeft(server);
  } finally {
    await server.stop();
  }
});
