import type { Knex } from 'knex';

/** Topic of the versions of schedules and overrides. */
const SCHEDULES = 'schedules';

/**
 * Tells what another back end has changed: a number for each thing that is kept in memory, raised in the transaction that changes it. Whoever
 * looks before using what it keeps is never behind.
 */
export class Revisions {
  #asked: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(private readonly db: Knex) {}

  /** Of the versions of schedules and overrides. */
  async ofSchedules(): Promise<string> {
    return (await this.#read()).get(SCHEDULES) ?? '';
  }

  /** Of what a provider's webhooks told, by account; no entry for an account of which there was no news. */
  async ofProvider(id: string): Promise<ReadonlyMap<string, string>> {
    const prefix = topicOf(id, '');
    return new Map(
      [...(await this.#read())]
        .filter(([topic]) => topic.startsWith(prefix))
        .map(([topic, number]) => [topic.slice(prefix.length), number]),
    );
  }

  /** Those who ask at the same moment share a question; it is never one that was asked earlier. */
  #read(): Promise<ReadonlyMap<string, string>> {
    this.#asked ??= Promise.resolve().then(async () => {
      this.#asked = undefined;
      const rows = await this.db('revisions').select('topic', 'number');
      return new Map(rows.map(({ topic, number }) => [topic, String(number)]));
    });
    return this.#asked;
  }
}

/** Says within a transaction that a provider told something new of an account. */
export async function raiseProviderRevision(
  tx: Knex,
  provider: string,
  account: string,
): Promise<void> {
  await tx('revisions')
    .insert({ topic: topicOf(provider, account), number: 1 })
    .onConflict('topic')
    .merge({ number: tx.raw('revisions.number + 1') });
}

function topicOf(provider: string, account: string): string {
  return `provider:${provider}:${account}`;
}
