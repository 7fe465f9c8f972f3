// @ts-check
import net from 'node:net';

/**
 * Whether a server could listen on the port on this machine's loopback addresses, both of them: a program holding only
 * `::1` would otherwise answer browsers that try IPv6 first for `localhost`.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export async function isPortFree(port) {
  for (const host of ['127.0.0.1', '::1']) {
    if (!(await canListen(port, host))) {
      return false;
    }
  }
  return true;
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<boolean>}
 */
function canListen(port, host) {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      // A machine without IPv6 has nothing on ::1 that could be in the way.
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'),
    );
    server.listen({ port, host, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/**
 * A port nothing listens on now.
 *
 * @returns {Promise<number>}
 */
export function pickFreePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * The next free port above a taken one, to suggest to the user.
 *
 * @param {number} taken
 * @param {(port: number) => Promise<boolean>} [isFree]
 * @returns {Promise<number>}
 */
export async function suggestPort(taken, isFree = isPortFree) {
  const last = Math.min(taken + 50, 65535);
  for (let port = taken + 1; port <= last; port += 1) {
    if (await isFree(port)) {
      return port;
    }
  }
  return pickFreePort();
}
