/* A sound level bar for a stream: proof that audio arrives, for eyes. */

const PERIOD_MS = 100;
const QUIETEST_DB = -60;

export class LevelMeter {
  #meter;
  #context;
  #timer;

  constructor(meter) {
    this.#meter = meter;
  }

  start(stream) {
    this.stop();
    if (!stream.getAudioTracks().length) {
      return;
    }
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((total, s) => total + s * s, 0) / samples.length;
      const db = power > 0 ? 10 * Math.log10(power) : QUIETEST_DB;
      this.#show(Math.max(0, 1 - db / QUIETEST_DB));
    }, PERIOD_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#context?.close();
    this.#context = undefined;
    this.#show(0);
  }

  /* 0 silence .. 1 full scale */
  #show(level) {
    this.#meter.setAttribute('aria-valuenow', Math.round(level * 100));
    this.#meter.firstElementChild.style.transform = `scaleX(${level.toFixed(3)})`;
  }
}
