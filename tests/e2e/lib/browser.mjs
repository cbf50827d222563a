/* Debian's Chromium with a fake camera and microphone, small enough for two cores. */
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.PTN_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--mute-audio',
  '--use-fake-device-for-media-stream=fps=15', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required', '--disable-background-networking',
  '--disable-component-update', '--disable-default-apps', '--no-first-run', '--disable-sync',
];
/* Chromium hides host addresses behind .local names, except on pages that use a camera: the test
 * of hidden addresses sends a canvas, the test of plain ones switches the feature off. */
const MDNS_OFF = '--disable-features=WebRtcHideLocalIpsWithMdns';

export async function openBrowser({ mdns = true } = {}) {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: mdns ? FLAGS : [...FLAGS, MDNS_OFF],
    ignoreDefaultArgs: ['--disable-features'],
  });
}

/* A page in a context of its own. Whatever goes wrong inside it ends up in `page.problems`. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'], ...options });
  await context.addInitScript(watchConnections);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') {
      page.problems.push(message.text());
    }
  });
  await page.goto(url);
  return page;
}

/* Runs in the page before its own scripts: keeps its PeerConnections within our reach, and its
 * camera small. */
function watchConnections() {
  const pcs = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      pcs.push(this);
    }
  };
  const getUserMedia = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (getUserMedia) {
    navigator.mediaDevices.getUserMedia = (wish) => getUserMedia({
      ...wish,
      video: wish.video && { width: 320, height: 240, frameRate: 15 },
    });
  }
  window.testing = {
    pc: () => pcs[pcs.length - 1],
    stats: async () => {
      const pc = pcs[pcs.length - 1];
      const report = pc ? [...(await pc.getStats()).values()] : [];
      const one = (type, kind) => report.find((s) => s.type === type && s.kind === kind) ?? {};
      const transport = report.find((s) => s.type === 'transport') ?? {};
      const byId = Object.fromEntries(report.map((s) => [s.id, s]));
      const pair = byId[transport.selectedCandidatePairId] ?? {};
      return {
        state: pc?.connectionState,
        framesDecoded: one('inbound-rtp', 'video').framesDecoded ?? 0,
        framesEncoded: one('outbound-rtp', 'video').framesEncoded ?? 0,
        videoBytesIn: one('inbound-rtp', 'video').bytesReceived ?? 0,
        audioPacketsIn: one('inbound-rtp', 'audio').packetsReceived ?? 0,
        audioEnergy: one('inbound-rtp', 'audio').totalAudioEnergy ?? 0,
        audioLevel: one('inbound-rtp', 'audio').audioLevel ?? 0,
        height: one('inbound-rtp', 'video').frameHeight ?? 0,
        srtp: transport.srtpCipher,
        dtls: transport.dtlsState,
        localCandidate: byId[pair.localCandidateId],
        remoteCandidate: byId[pair.remoteCandidateId],
        localUfrag: transport.iceLocalUsernameFragment,
        videoCodec: byId[one('inbound-rtp', 'video').codecId]?.mimeType,
        framesByMid: Object.fromEntries(report
          .filter((s) => s.type === 'inbound-rtp' && s.kind === 'video')
          .map((s) => [s.mid, s.framesDecoded ?? 0])),
      };
    },
  };
}

export const statsOf = (page) => page.evaluate(() => window.testing.stats());
