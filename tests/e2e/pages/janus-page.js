/* The npm package janus-gateway as it is, its callbacks turned into promises for the test outside. */
import Janus from '/node_modules/janus-gateway/npm/dist/janus.es.js';

const log = { cleanups: 0, webrtcStates: [], results: [], media: [] };
const waiting = []; // replies to the next messages with a result, in order
let janus;
let echo;
let stream = new MediaStream();

/* A camera and a microphone without permission to use any: the browser then hides its addresses. */
function syntheticTrack(kind) {
  if (kind === 'audio') {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const out = context.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const picture = canvas.getContext('2d');
  let n = 0;
  setInterval(() => {
    picture.fillStyle = `hsl(${(n += 7) % 360} 80% 50%)`;
    picture.fillRect(0, 0, 320, 240);
    picture.fillStyle = '#000';
    picture.fillText(String(n), n % 300, 120);
  }, 66);
  return canvas.captureStream(15).getVideoTracks()[0];
}

const promised = (act) => new Promise((success, error) => {
  act({ success, error: (why) => error(new Error(String(why?.message ?? why))) });
});

function attach() {
  return promised(({ success, error }) => janus.attach({
    plugin: 'janus.plugin.echotest',
    opaqueId: 'e2e',
    success,
    error,
    webrtcState: (on) => log.webrtcStates.push(on),
    mediaState: (medium, receiving) => log.media.push({ medium, receiving }),
    oncleanup: () => { log.cleanups += 1; },
    onmessage: (message, jsep) => {
      log.results.push(message);
      if (message.result !== 'done') {
        waiting.shift()?.({ message, jsep });
      }
    },
    onremotetrack: (track, mid, on) => {
      stream[on ? 'addTrack' : 'removeTrack'](track);
      document.getElementById('remote').srcObject = stream;
    },
  }));
}

window.janusPage = {
  log,
  get session() { return janus.getSessionId(); },
  get sdp() { return { offer: echo.webrtcStuff.pc.localDescription.sdp, answer: echo.webrtcStuff.pc.remoteDescription.sdp }; },

  async open(server) {
    await promised(({ success }) => Janus.init({ debug: ['error'], callback: success }));
    await promised(({ success, error }) => { janus = new Janus({ server, iceServers: [], success, error }); });
    echo = await attach();
  },

  /* Sends a plugin message and waits for its result. */
  async send(message, jsep) {
    const answered = new Promise((done) => { waiting.push(done); });
    await promised(({ success, error }) => echo.send({ message, jsep, success, error }));
    const { message: result, jsep: answer } = await answered;
    if (answer) {
      await promised(({ success, error }) => echo.handleRemoteJsep({ jsep: answer, success, error }));
    }
    return result;
  },

  /* Offers: `kinds` are the tracks to add. */
  async offer(kinds, { synthetic = false, iceRestart = false, body = { audio: true, video: true } } = {}) {
    const tracks = kinds.map((type) => ({
      type, add: true, recv: true, capture: synthetic ? syntheticTrack(type) : true,
    }));
    const jsep = await promised((ends) => echo.createOffer({ tracks, iceRestart, ...ends }));
    return this.send(body, jsep);
  },

  async remove(type) {
    const { mid } = echo.getLocalTracks().find((track) => track.type === type);
    const jsep = await promised((ends) => echo.createOffer({ tracks: [{ type, mid, remove: true }], ...ends }));
    return this.send({}, jsep);
  },

  muteAudio: () => echo.muteAudio(),
  unmuteAudio: () => echo.unmuteAudio(),
  hangup: () => echo.hangup(),
  detach: () => promised((ends) => echo.detach(ends)),
  destroy: () => promised((ends) => janus.destroy(ends)),
};
