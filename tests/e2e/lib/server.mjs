/* A server of our own for a test: a configuration folder, free ports on loopback, and an end.
 *
 *   PTN_BIN     the program (default: build/portunus)
 *   PTN_LOOPS   media loops, where a test does not choose (default: the server's own choice)
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../../..');
const BINARY = resolve(process.env.PTN_BIN ?? join(ROOT, 'build/portunus'));
const READY_TIMEOUT_MS = 20000;
const STOP_TIMEOUT_MS = 10000;
const LOG_TAIL_LINES = 60;
const SANITIZER_REPORT = /(Address|Leak|Thread|Memory)Sanitizer|runtime error:/;
const run = promisify(execFile);

/* A test file that is ended halfway leaves no server behind. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(143));

/* Writes a configuration folder.
 *  general, media, nat, http, websockets   text added to these sections
 *  loops    media loops
 *  tls      HTTPS and WSS with a certificate made here, instead of HTTP and WS
 *  folder   static pages, from the project's root
 *  returns  {config, httpPort, wsPort} */
export async function writeConfig({
  general = '', media = '', nat = '', http = '', websockets = '',
  loops = process.env.PTN_LOOPS, tls = false, folder = 'demos',
} = {}) {
  const config = await mkdtemp(join(tmpdir(), 'portunus-e2e-'));
  const [httpPort, wsPort] = await freePorts(2);
  const eventLoops = loops ? `event_loops = ${Number(loops)};` : '';
  const certificates = tls ? await makeCertificate(config) : '';
  await writeFile(join(config, 'portunus.jcfg'), `
general: { debug_colors = false; ${eventLoops} ${general} }
media: { ${media} }
nat: { ice_enforce_list = "127.0.0.1"; ${nat} }
web: { static_folder = "${join(ROOT, folder)}" }
`);
  await writeFile(join(config, 'portunus.transport.http.jcfg'), tls
    ? `general: { http = false; https = true; secure_ip = "127.0.0.1"; secure_port = ${httpPort}; ${http} }\n${certificates}`
    : `general: { http = true; ip = "127.0.0.1"; port = ${httpPort}; ${http} }\n`);
  await writeFile(join(config, 'portunus.transport.websockets.jcfg'), tls
    ? `general: { ws = false; wss = true; wss_ip = "127.0.0.1"; wss_port = ${wsPort}; ${websockets} }\n${certificates}`
    : `general: { ws = true; ws_ip = "127.0.0.1"; ws_port = ${wsPort}; ${websockets} }\n`);
  return { config, httpPort, wsPort };
}

/* Starts a server (options: those of writeConfig) and waits until it serves.
 *  returns {httpPort, wsPort, page(path), api, ws, log(), waitForLog(pattern), isRunning(), stop()}
 *  stop() ends it with SIGTERM; rejects, with the log, when it does not end with status 0 or when a
 *  sanitizer has reported something. */
export async function startServer(options = {}) {
  const { config, httpPort, wsPort } = await writeConfig(options);
  const child = spawn(BINARY, ['-F', config], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const output = collect(child);
  const exited = new Promise((done) => {
    const end = (how) => {
      running.delete(child);
      done(how);
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(code ?? signal));
  });
  const s = options.tls ? 's' : '';
  const server = {
    httpPort,
    wsPort,
    origin: `http${s}://127.0.0.1:${httpPort}`,
    api: `http${s}://127.0.0.1:${httpPort}/janus`,
    ws: `ws${s}://127.0.0.1:${wsPort}/`,
    page: (path = '') => `${server.origin}/${path}?server=ws${s}://127.0.0.1:${wsPort}/`,
    log: () => output.text,
    logTail: () => output.text.split('\n').slice(-LOG_TAIL_LINES).join('\n'),
    /* Resolves with the match; `after`: only text behind this offset counts. */
    waitForLog: (pattern, { after = 0, limit = 10 } = {}) => output.waitFor(pattern, limit * 1000, after),
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
      if (SANITIZER_REPORT.test(output.text)) {
        throw new Error(`a sanitizer has reported:\n${output.text}`);
      }
    },
  };
  const early = exited.then((code) => {
    throw new Error(`the server ended at its start with ${code}:\n${output.text}`);
  });
  try {
    await Promise.race([output.waitFor(/\[server\] ready/, READY_TIMEOUT_MS, 0), early]);
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
  early.catch(() => {}); // its end is stop()'s business from now on
  return server;
}

/* Runs `body` with a server of its own. When it fails, the error carries the end of the log. */
export async function withServer(options, body) {
  const server = await startServer(options);
  try {
    await body(server);
  } catch (error) {
    await server.stop().catch((end) => { error.stack += `\nmoreover: ${end.message}`; });
    error.stack += `\n--- the server's log:\n${server.logTail()}`; // what the test runner prints
    throw error;
  }
  await server.stop();
}

/* Runs the program to its end.  returns {code, stdout, stderr} */
export async function runBinary(args) {
  const ended = await run(BINARY, args, { cwd: ROOT, timeout: STOP_TIMEOUT_MS })
    .catch((error) => error);
  return { code: ended.code ?? 0, stdout: ended.stdout, stderr: ended.stderr };
}

/* Writes a configuration, lets `body` use the folder, and removes it. */
export async function withConfig(options, body) {
  const written = await writeConfig(options);
  try {
    await body(written);
  } finally {
    await rm(written.config, { recursive: true, force: true });
  }
}

async function makeCertificate(folder) {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
    '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', key, '-out', cert]);
  return `certificates: { cert_pem = "${cert}"; cert_key = "${key}" }\n`;
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
  output.waitFor = (pattern, ms, after) => new Promise((done, fail) => {
    const end = (act, value) => {
      clearTimeout(timer);
      waiting.delete(check);
      act(value);
    };
    const check = () => {
      const match = pattern.exec(output.text.slice(after));
      if (match) {
        end(done, match);
      }
    };
    const timer = setTimeout(
      () => end(fail, new Error(`the log does not show ${pattern} within ${ms / 1000} s`)), ms);
    waiting.add(check);
    check();
  });
  return output;
}

export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
  return ports;
}
