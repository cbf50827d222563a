/* The front page: asks the server who it is. */
import { serverInfo } from '../lib/portunus.js';
import { carryQuery, findServers } from '../lib/servers.js';
import { explainError } from './reasons.js';

const $ = (id) => document.getElementById(id);

function row(name, text) {
  const box = document.createElement('div');
  const term = document.createElement('dt');
  const value = document.createElement('dd');
  term.textContent = name;
  value.textContent = text;
  box.append(term, value);
  return box;
}

function names(packages) {
  return Object.keys(packages ?? {}).map((name) => name.split('.').pop()).join(', ') || 'none';
}

carryQuery();
try {
  const info = await serverInfo(await findServers());
  $('server-status').textContent = 'It answers.';
  $('server-facts').replaceChildren(
    row('Name', info['server-name']),
    row('API', `${info.name} ${info.version_string}`),
    row('Reached at', info.url),
    row('Plugins', names(info.plugins)),
    row('Transports', names(info.transports)),
  );
} catch (error) {
  const { title, detail, advice } = explainError(error);
  $('server-status').textContent = `${title}. ${advice}`;
  $('server-facts').replaceChildren(row('Tried', detail));
}
