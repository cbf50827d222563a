/* What went wrong, in words: {title, detail, advice}. `detail` is what the server or the browser
 * said, unchanged; `advice` is what somebody in front of this page can do about it. */
import { PortunusError, UnreachableError } from '../lib/portunus.js';

const DEVICE_ERRORS = {
  NotAllowedError: {
    title: 'The browser has no permission to use the camera and microphone',
    advice: 'Allow both for this page (the icon beside the address), then start again.',
  },
  NotFoundError: {
    title: 'No camera or microphone found',
    advice: 'Connect one, or check that the system shows it, then start again.',
  },
  NotReadableError: {
    title: 'The camera or microphone is in use',
    advice: 'Close the other program or tab that uses it, then start again.',
  },
  InsecureContext: {
    title: 'This page may not use the camera',
    advice: 'Browsers give camera access to https:// pages and to localhost only. Start the server '
      + 'with ./run.sh --address IP and open the https:// address that it prints.',
  },
};

const SERVER_ERRORS = {
  403: {
    title: 'The server wants a secret',
    advice: 'Add ?apisecret=… or ?token=… to the address of this page, or put it in config.json.',
  },
  460: {
    title: 'The EchoTest plugin is not loaded',
    advice: 'Remove it from plugins.disable in the server’s configuration.',
  },
  472: {
    title: 'The server accepts no new sessions at the moment',
    advice: 'Somebody may be about to restart it. Try again in a minute.',
  },
};

/* By what the hangup event says. */
const HANGUPS = {
  'ICE failed': {
    title: 'No media path to the server',
    advice: 'Signalling works, but UDP packets do not arrive. Check firewalls between this browser '
      + 'and the server’s media address (media.port, nat.ice_enforce_list).',
  },
  'DTLS timeout': {
    title: 'The encryption handshake did not finish',
    advice: 'Some packets arrive, others do not: check for firewalls that limit UDP packet sizes.',
  },
  'DTLS alert': {
    title: 'The browser closed the encrypted connection',
    advice: 'Start again. If it happens each time, the server’s log names the alert.',
  },
  'Admin API': {
    title: 'An administrator ended the call',
    advice: 'Start again when you like.',
  },
};

export function explainError(error) {
  if (error instanceof UnreachableError) {
    return {
      title: 'The server does not answer',
      detail: error.attempts.map(({ url, why }) => `${url}: ${why}`).join('\n'),
      advice: 'Is it running? Its log lists the addresses on which it listens. A self-signed '
        + 'certificate must be accepted once for each address.',
    };
  }
  if (error instanceof PortunusError) {
    const known = error.plugin ? undefined : SERVER_ERRORS[error.code];
    return {
      title: 'The server refused',
      advice: 'The server’s log at this moment says more.',
      ...known,
      detail: error.code ? `${error.code}: ${error.message}` : error.message,
    };
  }
  return {
    title: 'Something went wrong in the browser',
    advice: 'Reload the page and start again.',
    ...DEVICE_ERRORS[error.name],
    detail: `${error.name}: ${error.message}`,
  };
}

export function explainHangup(reason) {
  return {
    title: 'The call has ended',
    advice: 'Start again. The server’s log at this moment says more.',
    ...HANGUPS[reason],
    detail: `hangup: ${reason ?? 'no reason given'}`,
  };
}

export function explainClosed(reason) {
  return {
    title: 'The connection to the server is lost',
    detail: reason,
    advice: 'Start again when the server is back.',
  };
}
