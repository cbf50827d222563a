/* A server of our own for a test: a configuration folder, free ports on loopback, and an end.
 *
 *   PTN_BINARY   the program (default: build/portunus)
 *   PTN_LOOPS    media loops (default: the server's own choice)
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../../..');
const BINARY = process.env.PTN_BINARY ?? join(ROOT, 'build/portunus');
const READY_TIMEOUT_MS = 20000;
const STOP_TIMEOUT_MS = 10000;

/* Starts a server and waits until it serves.
 *  general, media   text added to these sections of portunus.jcfg
 *  returns {httpPort, wsPort, page(path), api, ws, log(), alive(), isRunning(), stop()}
 *  alive() counts, from the log, the sessions, handles and PeerConnections that have not ended
 *  stop() resolves with the exit code; the log is in the error when that is not 0. */
export async function startServer({ general = '', media = '', folder = 'demos' } = {}) {
  const config = await mkdtemp(join(tmpdir(), 'portunus-e2e-'));
  const [httpPort, wsPort] = await freePorts(2);
  const loops = process.env.PTN_LOOPS ? `event_loops = ${Number(process.env.PTN_LOOPS)};` : '';
  await writeFile(join(config, 'portunus.jcfg'), `
    general: { debug_colors = false; ${loops} ${general} }
    media: { ${media} }
    nat: { ice_enforce_list = "127.0.0.1" }
    web: { static_folder = "${join(ROOT, folder)}" }`);
  await writeFile(join(config, 'portunus.transport.http.jcfg'),
    `general: { http = true; ip = "127.0.0.1"; port = ${httpPort} }`);
  await writeFile(join(config, 'portunus.transport.websockets.jcfg'),
    `general: { ws = true; ws_ip = "127.0.0.1"; ws_port = ${wsPort} }`);

  const child = spawn(BINARY, ['-F', config], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const exited = new Promise((done) => { child.on('exit', (code, signal) => done(code ?? signal)); });
  const count = (pattern) => [...output.text.matchAll(pattern)].length;
  const server = {
    httpPort,
    wsPort,
    api: `http://127.0.0.1:${httpPort}/janus`,
    ws: `ws://127.0.0.1:${wsPort}/`,
    page: (path = '') => `http://127.0.0.1:${httpPort}/${path}?server=ws://127.0.0.1:${wsPort}/`,
    log: () => output.text,
    alive: () => ({
      sessions: count(/^\[session\] created /gm) - count(/^\[session\] ended /gm),
      handles: count(/^\[handle\] attached /gm) - count(/^\[handle\] detached /gm),
      peers: count(/^\[webrtc\] started /gm) - count(/^\[webrtc\] closed /gm),
    }),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      if (server.isRunning()) {
        child.kill('SIGTERM');
      }
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      const code = await exited;
      clearTimeout(timer);
      await rm(config, { recursive: true, force: true });
      if (code !== 0) {
        throw new Error(`the server ended with ${code}:\n${output.text}`);
      }
    },
  };
  try {
    await output.waitFor(/\] ready/, READY_TIMEOUT_MS, exited);
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
  return server;
}

/* Standard output and error as one text that can be waited on. */
function collect(child) {
  const waiting = new Set();
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (data) => {
      output.text += data;
      waiting.forEach((check) => check());
    });
  }
  output.waitFor = (pattern, ms, exited) => new Promise((done, fail) => {
    const end = (act, value) => {
      clearTimeout(timer);
      waiting.delete(check);
      act(value);
    };
    const check = () => pattern.test(output.text) && end(done);
    const timer = setTimeout(() => end(fail, new Error(`not ready in time:\n${output.text}`)), ms);
    exited.then((code) => end(fail, new Error(`ended at start with ${code}:\n${output.text}`)));
    waiting.add(check);
    check();
  });
  return output;
}

async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
  return ports;
}
