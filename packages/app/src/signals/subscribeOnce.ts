import type { SignalClient } from '@backstage/plugin-signals';

/** What pages need of a client of signals. */
export type SignalApi = Pick<SignalClient, 'subscribe'>;

/** One call of subscribe; an object, because the same function may be given twice. What comes over a channel is for its subscribers to know. */
type Subscriber = { tell: (message: any) => void };

/**
 * Subscribes to a channel when somebody first asks for it, and stays subscribed until the browser leaves the portal, as it does on signing
 * out; who comes and goes meanwhile is told by us. Backstage's client closes its connection with its last subscriber, even while it is being
 * made: the subscriber of the next page would then find it closed and opened again every five seconds, and miss what comes in between.
 */
export function subscribeOncePerChannel(client: SignalApi): SignalApi {
  const channels = new Map<string, Set<Subscriber>>();
  return {
    subscribe(channel, onMessage) {
      const subscriber = { tell: onMessage };
      const known = channels.get(channel);
      const subscribers = known ?? new Set<Subscriber>();
      subscribers.add(subscriber);
      if (!known) {
        channels.set(channel, subscribers);
        client.subscribe(channel, message => {
          [...subscribers].forEach(({ tell }) => tell(message));
        });
      }
      return {
        unsubscribe() {
          subscribers.delete(subscriber);
        },
      };
    },
  };
}
