import { type Client, InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';

/**
 * Every flag of this service. A flag lets a change be delivered before it is released; it goes when the change is everywhere. All are off
 * unless the configuration names them (FEATURE_FLAGS).
 */
export const FLAGS = ['longer-greeting'] as const;
export type Flag = (typeof FLAGS)[number];

/** What code asks: `flags.getBooleanValue('longer-greeting', false)`. */
export type Flags = Pick<Client, 'getBooleanValue'>;

export function isFlag(text: string): text is Flag {
  return (FLAGS as readonly string[]).includes(text);
}

/**
 * Flags from the environment, behind OpenFeature: when they come from a service one day, this function gets another provider and nothing
 * else changes. `domain` keeps tests apart.
 */
export async function createFlags(on: readonly Flag[], domain: string): Promise<Flags> {
  const provider = new InMemoryProvider(
    Object.fromEntries(
      FLAGS.map(flag => [
        flag,
        {
          variants: { on: true, off: false },
          defaultVariant: on.includes(flag) ? 'on' : 'off',
          disabled: false,
        },
      ]),
    ),
  );
  await OpenFeature.setProviderAndWait(domain, provider);
  return OpenFeature.getClient(domain);
}
