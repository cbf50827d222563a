/* Pictures of the demo pages, to look at: desktop and phone, light and dark.
 *   node tools/screenshots.mjs [folder]      (default: build/screenshots) */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { ROOT, startServer } from '../lib/server.mjs';
import { seconds, until } from '../lib/wait.mjs';

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const LIVE_SECONDS = Number(process.env.LIVE_SECONDS ?? 12);

const folder = process.argv[2] ?? join(ROOT, 'build/screenshots');
await mkdir(folder, { recursive: true });
const server = await startServer();
const browser = await openBrowser();

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    const shoot = (page, name, options) => page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), ...options });
    const page = await openPage(browser, server.page('index.html'), { viewport, colorScheme });
    await until('server facts', () => page.textContent('#server-facts'));
    await shoot(page, 'index', { fullPage: true });
    await page.goto(server.page('echo.html'));
    await shoot(page, 'echo-idle');
    await page.click('#start');
    await until('decoded frames', () => statsOf(page), (s) => s.framesDecoded > 0);
    await seconds(LIVE_SECONDS);
    await shoot(page, 'echo-live');
    await shoot(page, 'echo-live-full', { fullPage: true });
    await page.goto('about:blank'); // a call with no server at all
    await page.goto(`${server.page('echo.html').split('?')[0]}?server=ws://127.0.0.1:9/`);
    await page.click('#start');
    await page.waitForSelector('#problem:not([hidden])');
    await shoot(page, 'echo-problem');
    await page.context().close();
  }
}
await browser.close();
await server.stop();
