/* What an application does with janus.js, in steps that a test can take one at a time. */
import Janus from '/janus.js';
import { pictureTrack, toneTrack } from '/sources.js';

const CAMERA = { width: 320, height: 240, frameRate: 15 };

class Client {
  log = []; // what the library told us, in order
  answers = []; // SDP
  #waiting = [];

  async open({ server, apisecret }) {
    await new Promise((done) => { Janus.init({ debug: ['error'], callback: done }); });
    await new Promise((success, error) => {
      this.janus = new Janus({ server, apisecret, iceServers: [], success, error });
    });
    await this.attach();
  }

  attach() {
    return new Promise((success, error) => {
      this.janus.attach({
        plugin: 'janus.plugin.echotest',
        success: (handle) => {
          this.handle = handle;
          success();
        },
        error,
        onmessage: (message, jsep) => this.#onMessage(message, jsep),
        webrtcState: (on, reason) => this.log.push(on ? 'up' : `down: ${reason}`),
        mediaState: (kind, on, mid) => this.log.push(`media ${kind} ${mid} ${on}`),
        onremotetrack: (track, mid, on) => on && this.#play(track, mid),
        oncleanup: () => this.log.push('cleanup'),
      });
    });
  }

  /* Offers `tracks` (those of janus.js; capture may be 'camera', 'microphone', 'picture', 'tone')
   * together with `message`, and takes the answer. */
  async negotiate(tracks, message, options = {}) {
    const jsep = await this.#handle('createOffer', { tracks: tracks.map(realTrack), ...options });
    this.offer = jsep.sdp;
    return this.ask(message, jsep);
  }

  replace(tracks) {
    return this.#handle('replaceTracks', { tracks: tracks.map(realTrack) });
  }

  /* A plugin request; resolves with the plugin's next message. */
  async ask(message, jsep) {
    const result = new Promise((done) => { this.#waiting.push(done); });
    await this.#handle('send', { message, jsep });
    return result;
  }

  hangup() {
    this.handle.hangup(true);
  }

  #handle(verb, parameters) {
    return new Promise((success, error) => {
      this.handle[verb]({ ...parameters, success, error: (why) => error(new Error(String(why))) });
    });
  }

  async #onMessage(message, jsep) {
    if (message.result === 'done') {
      this.log.push('done');
      return;
    }
    if (jsep) {
      this.answers.push(jsep.sdp);
      await this.#handle('handleRemoteJsep', { jsep });
    }
    this.#waiting.shift()?.(message);
  }

  #play(track, mid) {
    const id = `remote-${mid}`;
    const element = document.getElementById(id) ?? document.createElement(track.kind);
    Object.assign(element, { id, autoplay: true, muted: track.kind === 'video', playsInline: true });
    if (element.srcObject?.getTracks()[0] !== track) {
      element.srcObject = new MediaStream([track]);
    }
    document.getElementById('media').append(element);
  }
}

function realTrack(wish) {
  const sources = {
    camera: () => CAMERA,
    microphone: () => true,
    picture: pictureTrack,
    tone: toneTrack,
  };
  return { ...wish, ...(wish.capture && { capture: sources[wish.capture]() }) };
}

window.client = new Client();
window.newClient = () => new Client();
window.sources = { pictureTrack, toneTrack };
