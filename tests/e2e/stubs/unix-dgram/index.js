/* janode imports unix-dgram for its Unix-socket transport, which these tests do not use; the real
 * one is native code that every machine would have to compile. */
exports.createSocket = () => {
  throw new Error('Unix datagram sockets are not part of these tests');
};
