/* Serves the test page, and beside it the client libraries as npm delivers them. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const FILES = {
  '/': ['../pages/janus.html', 'text/html'],
  '/blank': ['../pages/blank.html', 'text/html'],
  '/client.js': ['../pages/client.js', 'text/javascript'],
  '/sources.js': ['../pages/sources.js', 'text/javascript'],
  '/adapter.js': ['../node_modules/webrtc-adapter/out/adapter.js', 'text/javascript'],
  '/janus.js': ['../node_modules/janus-gateway/npm/dist/janus.es.js', 'text/javascript'],
};

/* returns {url, stop()} */
export async function startPages() {
  const server = createServer(async (request, response) => {
    const file = FILES[new URL(request.url, 'http://localhost').pathname];
    if (!file) {
      response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    const body = await readFile(fileURLToPath(new URL(file[0], import.meta.url)));
    response.writeHead(200, { 'content-type': file[1], 'cache-control': 'no-store' }).end(body);
  });
  await new Promise((done, fail) => {
    server.on('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
