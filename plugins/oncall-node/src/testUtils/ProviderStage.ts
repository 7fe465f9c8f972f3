import type { Entity } from '@backstage/catalog-model';
import { ConfigReader, type Config } from '@backstage/config';
import type { JsonObject } from '@backstage/types';

import type { OnCallProvider } from '../OnCallProvider';
import type { ActingSubject } from './actingContract';
import { annotatedComponent, type HttpContractSubject } from './contract';
import type { FakePages } from './FakePages';
import { FakeServer, type FakeHandler } from './FakeServer';

type Annotations = Record<string, string>;
type AccountName = 'main' | 'other';

/** A provider with two accounts, `main`, which is the default, and `other`, each with a fake server of its own. */
export class ProviderStage {
  readonly #servers = new Map<AccountName, FakeServer>();

  constructor(
    private readonly options: {
      /** The part of the configuration under `oncall`. */
      id: string;
      create: (config: Config) => OnCallProvider | undefined;
      accountAnnotation: string;
      /** The settings of an account beside its id, given the address of its server. */
      account: (name: AccountName, url: string) => JsonObject;
      /** What the server of an account answers. */
      serve: (name: AccountName) => FakeHandler;
    },
  ) {}

  /** Before all tests. */
  async start(): Promise<void> {
    for (const name of ['main', 'other'] as const) {
      this.#servers.set(name, await FakeServer.start(this.options.serve(name)));
    }
  }

  /** After all tests. */
  async stop(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(s => s.stop()));
  }

  /** The server of an account. */
  server(name: AccountName = 'main'): FakeServer {
    const server = this.#servers.get(name);
    if (!server) {
      throw new Error('The stage was not started');
    }
    return server;
  }

  /** A new provider that has asked nothing yet, with a timeout of 500 ms, at these servers or all accounts at one address. */
  create(url?: string): OnCallProvider {
    const { id, account, create } = this.options;
    const settings = (name: AccountName) => ({
      id: name,
      ...account(name, url ?? this.server(name).url),
    });
    const provider = create(
      new ConfigReader({
        oncall: {
          [id]: {
            timeout: { milliseconds: 500 },
            accounts: [
              { default: true, ...settings('main') },
              settings('other'),
            ],
          },
        },
      }),
    );
    if (!provider) {
      throw new Error(`There are accounts, and yet no provider ${id}`);
    }
    return provider;
  }

  /** A component with annotations, in an account other than the default one if it is named. */
  entity(annotations: Annotations, account?: string): Entity {
    return annotatedComponent({
      ...annotations,
      ...(account ? { [this.options.accountAnnotation]: account } : {}),
    });
  }

  /** The schedule that annotations name. */
  scheduleId(annotations: Annotations, account?: string): string {
    return this.create('https://provider.example').match(
      this.entity(annotations, account),
    )!.scheduleId;
  }

  /** Who is on call on the schedule that annotations name. */
  async onCallAt(annotations: Annotations, at: string) {
    const provider = this.create();
    const match = provider.match(this.entity(annotations))!;
    return await provider.onCallAt(match.scheduleId, at);
  }

  /** For the contract of providers that are read; the schedule there is, and the one there is not, are named by one annotation. */
  reading(
    subject: Pick<
      HttpContractSubject,
      'annotation' | 'at' | 'expected' | 'secrets' | 'window'
    > & { value: string; unknown: string },
  ): HttpContractSubject {
    const { value, unknown, ...rest } = subject;
    const named = { [subject.annotation]: value };
    return {
      ...rest,
      provider: this.create(),
      create: () => this.create(),
      entity: this.entity(named),
      unknown: this.entity({ [subject.annotation]: unknown }),
      otherEntity: this.entity(named, 'other'),
      strangeEntity: this.entity(named, 'stranger'),
      server: this.server(),
      otherServer: this.server('other'),
    };
  }

  /** For the contract of providers that page; the account `other` only reads. */
  acting(subject: {
    /** Names a schedule that can be paged. */
    pageable: Annotations;
    /** Names one that cannot; without it, the same in the account that only reads. */
    unpageable?: Annotations;
    unchangeable?: ActingSubject['unchangeable'];
    secrets: string[];
    pages: FakePages;
  }): ActingSubject {
    const { pageable, pages, secrets, unchangeable, unpageable } = subject;
    const scheduleId = this.scheduleId(pageable);
    const otherId = this.scheduleId(pageable, 'other');
    return {
      create: () => {
        const provider = this.create();
        // A provider that keeps secrets of entities knows them once it has seen the entity.
        provider.match(this.entity(pageable));
        return provider;
      },
      server: this.server(),
      scheduleId,
      unpageable: [
        otherId,
        ...(unpageable ? [this.scheduleId(unpageable)] : []),
      ],
      unchangeable: [
        { account: 'stranger', externalId: '1' },
        { account: 'other', scheduleId: otherId, externalId: '1' },
        ...(unchangeable ?? []),
      ],
      secrets,
      pages: () => pages.all(),
    };
  }
}
