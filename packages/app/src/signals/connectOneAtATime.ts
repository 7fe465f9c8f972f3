/* eslint-disable dot-notation -- TypeScript admits private members in brackets, and only those that there are. */
import type { SignalClient } from '@backstage/plugin-signals';

/** How often a connection that is being made is looked at, in milliseconds: as often as Backstage's client does. */
const LOOK_INTERVAL = 100;

/**
 * Mends how Backstage's client connects. It cannot be extended (its constructor is private), so this goes through private members; they are
 * those of the one version that our dependency admits, and the tests drive the real client.
 *
 * - A connection that was refused is over at once; the client would wait for it until its timeout, which has to be long.
 * - Who subscribes while a connection is being made waits for that one; the client would make a second, and leave the first open.
 * - While the client waits to connect again nobody connects before it: it would close that connection, and go on doing so every five seconds.
 * - Whatever reason the portal, or a proxy before it, gives for closing, the client connects again; it would not when told "normal" or
 *   "going away", and with subscriptions that stay nobody would ever be told anything again.
 */
export function connectOneAtATime(client: SignalClient): void {
  const connect: () => Promise<void> = client['connect'].bind(client);

  async function attempt() {
    if (client['reconnectTo']) {
      // Caught by the client, which then waits its time anew.
      throw new Error('Waiting to connect again');
    }
    const look = setInterval(() => {
      if (client['ws']?.readyState >= WebSocket.CLOSING) {
        client['ws'] = null;
      }
    }, LOOK_INTERVAL);
    try {
      await connect();
    } finally {
      clearInterval(look);
    }
    client['ws'].onclose = () => client['reconnect']();
  }

  let connecting: Promise<void> | undefined;
  client['connect'] = () => {
    connecting ??= attempt().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
}
