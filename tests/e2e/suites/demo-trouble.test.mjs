/* The echo page and its client when something is in the way. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { checkEcho, closePage } from '../lib/echo.mjs';
import { startProxy } from '../lib/proxy.mjs';
import { withServer } from '../lib/server.mjs';
import { growth, until } from '../lib/wait.mjs';

const SECRET = 'long-enough-for-a-test';

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

const status = (page) => page.textContent('#status');

async function startCall(url, options) {
  const page = await openPage(browser, url, options);
  await page.click('#start');
  await checkEcho(page, 1);
  return page;
}

/* The problem that the page shows, once it does. */
async function shownProblem(page) {
  await page.waitForSelector('#problem:not([hidden])', { timeout: 40000 });
  return page.textContent('#problem');
}

/* A page whose WebSocket goes through a relay that can be cut: body(page, proxy, server). */
const throughProxy = (general, body) => () => withServer({ general }, async (server) => {
  const proxy = await startProxy(server.wsPort);
  try {
    const page = await startCall(`${server.origin}/echo.html?server=${proxy.ws}`);
    await body(page, proxy, server);
    page.problems.length = 0; // the browser reports every refused connection
    await closePage(page);
  } finally {
    await proxy.stop();
  }
});

test('a lost connection: the session is claimed over a new one, media goes on meanwhile',
  throughProxy('reclaim_session_timeout = 30;', async (page, proxy, server) => {
    proxy.cut();
    await until('the loss is shown', () => status(page), (text) => /trying again/.test(text));
    await checkEcho(page, 1);
    proxy.mend();
    await until('the claim', () => status(page), (text) => text === 'Connected again');
    await server.waitForLog(/claimed session=\d+/);
    await page.click('#echo-video'); // requests and their events use the new connection
    await until('no picture', () => growth(() => statsOf(page), ['videoBytesIn'], 1), (g) => g.videoBytesIn === 0);
    assert.ok(await page.isHidden('#problem'), await page.textContent('#problem'));
    await page.click('#stop');
    await server.waitForLog(/ended session=\d+ reason=destroyed/);
  }));

test('a lost connection: the server did not keep the session, and the page says so',
  throughProxy('', async (page, proxy) => {
    proxy.cut();
    proxy.mend();
    assert.match(await shownProblem(page), /lost/);
    assert.equal(await status(page), 'Ended');
    await page.click('#start');
    await checkEcho(page, 1);
    assert.ok(await page.isHidden('#problem'), 'a new call takes the old problem away');
  }));

test('the server wants a secret', () => withServer({ general: `api_secret = "${SECRET}";` }, async (server) => {
  const page = await openPage(browser, server.page('echo.html'));
  await page.click('#start');
  const text = await shownProblem(page);
  assert.match(text, /wants a secret/);
  assert.match(text, /403: Unauthorized request \(wrong or missing secret\/token\)/);
  for (const address of [server.page('echo.html'), `${server.origin}/echo.html?server=${server.api}`]) {
    await page.goto(`${address}&apisecret=${SECRET}`);
    await page.click('#start');
    await checkEcho(page, 1);
  }
  await closePage(page);
}));

test('the plugin is not there', () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page('echo.html'));
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function sendOther(text) {
      send.call(this, text.replace('janus.plugin.echotest', 'janus.plugin.gone'));
    };
  });
  await page.click('#start');
  assert.match(await shownProblem(page), /460: No such plugin 'janus\.plugin\.gone'/);
  await closePage(page);
}));

test('the camera is not allowed', () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page('echo.html'));
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
  });
  await page.click('#start');
  assert.match(await shownProblem(page), /no permission/);
  assert.ok(await page.isEnabled('#start'), 'one can try again');
  await closePage(page);
}));

test('WebSocket is blocked: HTTP is next in the list', () => withServer({}, async (server) => {
  const page = await startCall(`${server.origin}/echo.html?server=ws://127.0.0.1:9/&server=${server.api}`);
  await until('the facts', () => page.textContent('[data-fact=via]'), (text) => text === `HTTP long polls, ${server.api}`);
  await page.context().close();
}));

for (const tls of [false, true]) {
  test(`no address given: the page's own host${tls ? ', over TLS' : ''}`, () => withServer({ tls }, async (server) => {
    const page = await startCall(`${server.origin}/echo.html`, { ignoreHTTPSErrors: true });
    await until('the facts', () => page.textContent('[data-fact=via]'), (text) => text === `HTTP long polls, ${server.api}`);
    await page.context().close();
  }));
}
