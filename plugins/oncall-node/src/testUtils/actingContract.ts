import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';

import type { PageReference, ProviderActionError } from '../acting';
import type { OnCallProvider } from '../OnCallProvider';
import type { ContractRule } from './contract';
import type { FakeServer } from './FakeServer';

/** A provider that can page, and a server that stands for it and keeps what it was sent. */
export type ActingSubject = {
  /** With a timeout of 500 ms. */
  create: () => OnCallProvider;
  server: FakeServer;
  /** A schedule that can be paged. */
  scheduleId: string;
  /** Schedules that cannot be paged. */
  unpageable: string[];
  /** Pages that can neither be acknowledged nor resolved; they have a key in any case. */
  unchangeable: Omit<PageReference, 'dedupKey' | 'sender'>[];
  secrets: string[];
  /** The pages the server has, by their keys, with how often people were called. */
  pages: () => { dedupKey: string; status: string; calls: number }[];
};

let counter = 0;
const pageOf = (scheduleId: string) => {
  counter += 1;
  return {
    scheduleId,
    dedupKey: `0e9bd0d6-7f3a-4a0e-9f0b-${String(counter).padStart(12, '0')}`,
    title: 'Ledger does not answer',
    details: 'Since ten past',
    urgency: 'high' as const,
    sender: 'Inês Duarte',
    link: 'https://portal.example/on-call',
  };
};

/** What every provider that pages must do. */
export function actingContract(subject: () => ActingSubject): ContractRule[] {
  const only = (dedupKey: string) =>
    subject()
      .pages()
      .filter(page => page.dedupKey === dedupKey);
  const refused = async (
    misbehaviour: Parameters<FakeServer['misbehave']>[0],
    expected: { statusCode: number; certain: boolean },
  ) => {
    const { create, server, scheduleId, secrets } = subject();
    const provider = create();
    server.misbehave(misbehaviour);
    try {
      await rejects(provider.page!(pageOf(scheduleId)), (error: Error) => {
        const refusal = error as ProviderActionError;
        strictEqual(refusal.name, 'ProviderActionError', error.stack);
        strictEqual(refusal.statusCode, expected.statusCode);
        strictEqual(refusal.certain, expected.certain);
        ok(error.message.length > 5 && error.message.length < 500);
        secrets.forEach(secret => ok(!error.message.includes(secret)));
        return true;
      });
    } finally {
      server.misbehave();
    }
  };
  return [
    {
      name: 'pages, acknowledges and resolves',
      check: async () => {
        const { create, scheduleId } = subject();
        const provider = create();
        strictEqual(provider.pageProblem!(scheduleId), undefined);
        const page = pageOf(scheduleId);
        const sent = await provider.page!(page);
        deepStrictEqual(only(page.dedupKey), [
          { dedupKey: page.dedupKey, status: 'triggered', calls: 1 },
        ]);
        const reference = {
          account: provider.accountOf!(scheduleId),
          scheduleId,
          dedupKey: page.dedupKey,
          sender: 'Tomás Reis',
          ...(sent.externalId ? { externalId: sent.externalId } : {}),
        };
        strictEqual(
          provider.changeProblem!(reference, 'acknowledge'),
          undefined,
        );
        strictEqual(provider.changeProblem!(reference, 'resolve'), undefined);
        await provider.acknowledge!(reference);
        strictEqual(only(page.dedupKey)[0].status, 'acknowledged');
        await provider.resolve!(reference);
        strictEqual(only(page.dedupKey)[0].status, 'resolved');
      },
    },
    {
      name: 'calls nobody twice for one key',
      check: async () => {
        const { create, scheduleId } = subject();
        const page = pageOf(scheduleId);
        const first = await create().page!(page);
        const second = await create().page!(page);
        deepStrictEqual(second, first);
        deepStrictEqual(only(page.dedupKey), [
          { dedupKey: page.dedupKey, status: 'triggered', calls: 1 },
        ]);
      },
    },
    {
      name: 'sends again what the connection lost after it was taken in',
      check: async () => {
        const { create, server, scheduleId } = subject();
        const page = pageOf(scheduleId);
        let lost = false;
        server.interfere(() => {
          const drop = !lost;
          lost = true;
          return drop;
        });
        try {
          await rejects(create().page!(page), (error: Error) => {
            strictEqual((error as ProviderActionError).certain, false);
            return true;
          });
        } finally {
          server.interfere();
        }
        await create().page!(page);
        strictEqual(only(page.dedupKey)[0].calls, 1);
      },
    },
    {
      name: 'says in advance which schedules cannot be paged, and does not try',
      check: async () => {
        const { create, server, unpageable } = subject();
        const provider = create();
        ok(unpageable.length > 0);
        for (const id of unpageable) {
          ok(provider.pageProblem!(id));
          const before = server.requests.length;
          await rejects(provider.page!(pageOf(id)), { statusCode: 409 });
          strictEqual(server.requests.length, before);
        }
      },
    },
    {
      name: 'says in advance which pages cannot be acknowledged or resolved, and does not try',
      check: async () => {
        const { create, server, unchangeable } = subject();
        const provider = create();
        ok(unchangeable.length > 0);
        for (const page of unchangeable) {
          const reference = {
            ...page,
            dedupKey: pageOf('').dedupKey,
            sender: 'Tomás Reis',
          };
          for (const change of ['acknowledge', 'resolve'] as const) {
            ok(
              provider.changeProblem!(reference, change),
              `${change} ${JSON.stringify(page)}`,
            );
            const before = server.requests.length;
            await rejects(provider[change]!(reference), {
              name: 'ProviderActionError',
              statusCode: 409,
              certain: true,
            });
            strictEqual(server.requests.length, before);
          }
        }
      },
    },
    {
      name: 'shows no credentials in what it tells of a page',
      check: async () => {
        const { create, scheduleId, secrets } = subject();
        const sent = await create().page!(pageOf(scheduleId));
        secrets.forEach(secret => ok(!JSON.stringify(sent).includes(secret)));
      },
    },
    ...(
      [
        ['refused credentials', { status: 401 }, 403, true],
        ['refused rights', { status: 403 }, 403, true],
        ['a refusal', { status: 422, body: { message: 'no' } }, 409, true],
        ['too many requests', { status: 429 }, 502, true],
        ['an internal error', { status: 500, body: 'oops' }, 502, false],
        ['a redirect', { status: 302 }, 502, true],
      ] as const
    ).map(([name, answer, statusCode, certain]) => ({
      name: `tells ${name} from other failures`,
      check: async () => {
        await refused(
          () => ({ ...answer, headers: { location: 'http://127.0.0.1:1/' } }),
          { statusCode, certain },
        );
      },
    })),
    {
      name: 'repeats no credentials that a refusal repeats',
      check: async () => {
        const { secrets } = subject();
        await refused(
          ({ headers, path, body }) => ({
            status: 400,
            body: {
              message: `${headers.authorization ?? ''}${path} ${secrets.find(
                secret => body.includes(secret),
              )}`.slice(0, 120),
            },
          }),
          { statusCode: 409, certain: true },
        );
      },
    },
    {
      name: 'does not know what became of a page without an answer',
      check: async () => {
        await refused(() => undefined, { statusCode: 504, certain: false });
      },
    },
  ];
}
