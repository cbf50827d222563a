/* A TCP relay that a test can cut: what a client sees when its network goes away. */
import { connect, createServer } from 'node:net';

export async function startProxy(port) {
  const sockets = new Set();
  let isCut = false;
  const server = createServer((inner) => {
    if (isCut) {
      inner.destroy();
      return;
    }
    const outer = connect(port, '127.0.0.1');
    for (const [from, to] of [[inner, outer], [outer, inner]]) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  const cut = () => {
    isCut = true;
    sockets.forEach((socket) => socket.destroy());
  };
  return {
    ws: `ws://127.0.0.1:${server.address().port}/`,
    cut,
    mend: () => { isCut = false; },
    stop: () => {
      cut();
      return new Promise((done) => { server.close(done); });
    },
  };
}
