/* A PeerConnection for a test whose signalling runs in Node; added to an empty page. */
window.peer = {
  async offer({ trickle = false } = {}) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const pc = new RTCPeerConnection();
    const video = document.body.appendChild(document.createElement('video'));
    Object.assign(video, { autoplay: true, srcObject: new MediaStream() });
    pc.ontrack = ({ track }) => video.srcObject.addTrack(track);
    stream.getTracks().forEach((track) => pc.addTrack(track, stream));
    const found = [];
    const candidates = new Promise((done) => {
      pc.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate.toJSON()) : done(found));
    });
    await pc.setLocalDescription();
    const { sdp } = pc.localDescription;
    await candidates;
    Object.assign(window.peer, { candidates, answer: (jsep) => pc.setRemoteDescription(jsep) });
    return { type: 'offer', sdp: trickle ? sdp : pc.localDescription.sdp };
  },
};
