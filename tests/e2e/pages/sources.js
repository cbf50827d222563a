/* Tracks that need no camera and no permission: a moving picture, a tone. */

export function pictureTrack({ width = 320, height = 240, rate = 15 } = {}) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const brush = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    turn += 1;
    brush.fillStyle = `hsl(${(turn * 7) % 360} 80% 50%)`;
    brush.fillRect(0, 0, width, height);
    brush.fillStyle = 'white';
    brush.fillRect((turn * 9) % width, (turn * 5) % height, 60, 40);
  }, 1000 / rate);
  return canvas.captureStream(rate).getVideoTracks()[0];
}

export function toneTrack() {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  return out.stream.getAudioTracks()[0];
}
