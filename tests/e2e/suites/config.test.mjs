/* The program itself: what it refuses, what it shows, how it ends. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { http } from '../lib/api.mjs';
import { ROOT, runBinary, withConfig, withServer } from '../lib/server.mjs';

test('--check-config finds nothing wrong with a good folder', () => withConfig({}, async ({ config }) => {
  const { code, stderr } = await runBinary(['-F', config, '--check-config']);
  assert.equal(code, 0, stderr);
}));

test('--check-config and a start name a misspelt key and open nothing',
  () => withConfig({ http: 'ipp = "127.0.0.1";', websockets: 'ws_portt = 1;' }, async ({ config, httpPort }) => {
    const checked = await runBinary(['-F', config, '--check-config']);
    assert.equal(checked.code, 78);
    assert.match(checked.stdout, /http\.jcfg:1: error: general\.ipp: unknown key; did you mean 'ip'\?/);
    assert.match(checked.stdout, /websockets\.jcfg:1: error: general\.ws_portt: unknown key; did you mean 'ws_port'\?/);
    const started = await runBinary(['-F', config]);
    assert.equal(started.code, 78);
    assert.match(started.stderr, /general\.ipp: unknown key[^]*nothing has been opened/);
    await assert.rejects(http(`http://127.0.0.1:${httpPort}/janus/info`));
  }));

test('values out of range are errors, all reported at once',
  () => withConfig({ general: 'session_timeout = -1;', http: 'secure_port = 99999;' }, async ({ config }) => {
    const { code, stdout } = await runBinary(['-F', config, '--check-config']);
    assert.equal(code, 78);
    assert.match(stdout, /general\.session_timeout/);
    assert.match(stdout, /general\.secure_port/);
  }));

test('a taken port: the start fails, names who has it, and opens nothing else',
  () => withConfig({}, async ({ config, httpPort, wsPort }) => {
    const holder = createServer();
    await new Promise((done) => { holder.listen(wsPort, '127.0.0.1', done); });
    try {
      const { code, stdout, stderr } = await runBinary(['-F', config]);
      assert.notEqual(code, 0);
      assert.doesNotMatch(stdout, /ready/);
      assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${wsPort}`));
      assert.match(stderr, /websockets\.jcfg:\d+/);
      assert.match(stderr, new RegExp(`\\b${process.pid}\\b`), 'the holder is this process');
      await assert.rejects(http(`http://127.0.0.1:${httpPort}/janus/info`));
    } finally {
      holder.close();
    }
  }));

test('--print-sockets shows exactly what the configuration says, and ends',
  () => withConfig({ loops: 2 }, async ({ config, httpPort, wsPort }) => {
    const { code, stdout, stderr } = await runBinary(['-F', config, '--print-sockets']);
    assert.equal(code, 0, stderr);
    const rows = stdout.split('\n').filter((line) => /^(tcp|udp|raw|packet)\b/.test(line));
    const tcp = rows.filter((line) => line.startsWith('tcp')).map((line) => line.split(/\s+/)[1]);
    assert.deepEqual(tcp.sort(), [`127.0.0.1:${httpPort}`, `127.0.0.1:${wsPort}`].sort());
    const udp = rows.filter((line) => line.startsWith('udp'));
    assert.equal(udp.length, 2, stdout);
    assert.ok(udp.every((line) => / 127\.0\.0\.1:\d+ +media loop [01] /.test(line)), stdout);
    assert.equal(rows.length, 4, stdout);
    assert.doesNotMatch(stdout, /ready/);
  }));

test('--version, --help, an unknown option', async () => {
  const version = await runBinary(['--version']);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^Janus version: 1402 \(1\.4\.2\)\n/);
  assert.match((await runBinary(['--help'])).stdout, /--check-config/);
  assert.equal((await runBinary(['--no-such-option'])).code, 1);
});

test('the sample files in conf/ can be read', async () => {
  const { stdout } = await runBinary(['-F', `${ROOT}/conf`, '--check-config']);
  assert.doesNotMatch(stdout, /unknown key|syntax/);
});

test('SIGTERM with a session open: it is ended, then the server, with status 0', () => withServer({}, async (server) => {
  await http(server.api, { method: 'POST', body: { janus: 'create', transaction: 'a' } });
  await server.waitForLog(/created session=\d+/);
  await server.stop();
  assert.match(server.log(), /ended session=\d+ reason=\w+/);
  assert.match(server.log(), /\[server\] stopped/);
}));
