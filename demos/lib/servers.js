/* Where the API is. The first of these that says something wins:
 *
 *   1. the page's address: echo.html?server=wss://media.example.org:8989 (repeat it for more)
 *   2. config.json beside the page: {"servers": ["wss://…", "https://…/janus"]}
 *   3. this page's own host: WebSocket first, then HTTP
 *
 * Secrets come the same way: ?apisecret=… or ?token=…, or in config.json.
 */

// Pages and API on their usual ports: HTTP 8088 with WebSocket 8188, HTTPS 8089 with 8989.
const SOCKET_PORT_BESIDE = { 8088: 8188, 8089: 8989 };

export async function findServers(location = window.location) {
  const query = new URLSearchParams(location.search);
  const config = await readConfig();
  const asked = query.getAll('server').flatMap((text) => text.split(','));
  return {
    servers: [asked, config.servers ?? [], defaultServers(location)].find((list) => list.length > 0),
    ...pick(query.get('apisecret') ?? config.apisecret, 'apisecret'),
    ...pick(query.get('token') ?? config.token, 'token'),
  };
}

export function defaultServers({ protocol, hostname, port, origin }) {
  const isSecure = protocol === 'https:';
  const scheme = isSecure ? 'wss' : 'ws';
  const usual = isSecure ? 8989 : 8188;
  const beside = SOCKET_PORT_BESIDE[port];
  // On any other port, HTTP and WebSocket may share it (web.shared_port).
  const sockets = beside ? [`${hostname}:${beside}`] : [origin.split('//')[1], `${hostname}:${usual}`];
  return [...sockets.map((host) => `${scheme}://${host}/`), `${origin}/janus`];
}

/* Links between the demo pages keep what was said in the address. */
export function carryQuery(root = document) {
  root.querySelectorAll('a[href$=".html"]').forEach((link) => { link.search = window.location.search; });
}

async function readConfig() {
  try {
    const response = await fetch('config.json', { cache: 'no-store' });
    return response.ok ? await response.json() : {};
  } catch {
    return {}; // the file is optional
  }
}

function pick(value, name) {
  return value ? { [name]: value } : {};
}
