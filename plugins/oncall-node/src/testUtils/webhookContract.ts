import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert';

import type {
  OnCallWebhook,
  WebhookEvent,
  WebhookPage,
  WebhookRequest,
} from '../webhooks';
import type { ContractRule } from './contract';

/** A webhook of a provider, and requests as the provider sends them. */
export type WebhookSubject = {
  /** Of the default account `main` with two secrets, and an account `other` without. */
  webhook: OnCallWebhook;
  /** In the order in which they happen to one page. */
  payloads: {
    payload: unknown;
    /** What is told of the page; undefined for what does not concern it. */
    expected: Partial<WebhookPage> | undefined;
  }[];
  /** Headers that prove a body, with the first or second secret. */
  headers: (body: Buffer, secret?: number) => Record<string, string>;
  /** Whether the proof covers the body. */
  coversBody: boolean;
  /** Makes things that are not as they should be; the same each time. */
  mutate: {
    json: (payload: unknown) => unknown;
    bytes: (body: Buffer) => Buffer;
    headers: (
      headers: Record<string, string>,
    ) => Record<string, string | string[] | undefined>;
    pick: (below: number) => number;
  };
  mutations?: number;
};

const RECEIVED_AT = '2026-06-03T12:00:00.000Z';
const MOMENT = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const UNSTORABLE = /\p{Cc}|\p{Surrogate}/u;

/** What every webhook must do. */
export function webhookContract(subject: () => WebhookSubject): ContractRule[] {
  const request = (
    body: Buffer,
    headers: WebhookRequest['headers'],
  ): WebhookRequest => ({
    body,
    headers: { 'content-type': 'application/json', ...headers },
    receivedAt: RECEIVED_AT,
  });
  const proved = (payload: unknown, secret = 0) => {
    const body = Buffer.from(JSON.stringify(payload));
    return request(body, subject().headers(body, secret));
  };
  return [
    {
      name: 'takes webhooks for accounts with secrets only',
      check: async () => {
        const { webhook } = subject();
        strictEqual(webhook.accountOf(undefined), 'main');
        strictEqual(webhook.accountOf('main'), 'main');
        strictEqual(webhook.accountOf('other'), undefined);
        strictEqual(webhook.accountOf('__proto__'), undefined);
      },
    },
    {
      name: 'knows its own requests, also while a secret is changed',
      check: async () => {
        const { webhook, payloads } = subject();
        for (const { payload } of payloads) {
          ok(webhook.verify('main', proved(payload)));
          ok(webhook.verify('main', proved(payload, 1)));
          ok(!webhook.verify('other', proved(payload)));
          ok(
            !webhook.verify(
              'main',
              request(Buffer.from(JSON.stringify(payload)), {}),
            ),
          );
        }
      },
    },
    {
      name: 'reads what happened to a page',
      check: async () => {
        const { webhook, payloads } = subject();
        for (const { payload, expected } of payloads) {
          const [event] = webhook.read('main', proved(payload));
          if (expected === undefined) {
            strictEqual(event?.page, undefined);
          } else {
            const told = Object.fromEntries(
              Object.keys(expected).map(key => [
                key,
                event.page?.[key as keyof WebhookPage],
              ]),
            );
            deepStrictEqual(told, expected);
          }
        }
      },
    },
    {
      name: 'gives a delivery the same id when it comes again, and another one another',
      check: async () => {
        const { webhook, payloads } = subject();
        const ids = payloads.map(({ payload }) => {
          const [first] = webhook.read('main', proved(payload));
          const [second] = webhook.read('main', proved(payload));
          strictEqual(first.id, second.id);
          return first.id;
        });
        strictEqual(new Set(ids).size, ids.length);
      },
    },
    {
      name: 'refuses what is no event with a reason',
      check: async () => {
        const { webhook } = subject();
        for (const body of ['', '[]', 'null', '{}', '{"a":', '\ufeff{}', '7']) {
          throws(
            () => webhook.read('main', request(Buffer.from(body), {})),
            { name: 'InputError' },
            body,
          );
        }
      },
    },
    {
      name: 'withstands thousands of broken and hostile requests',
      check: async () => {
        const { webhook, payloads, headers, coversBody, mutate, mutations } =
          subject();
        let read = 0;
        for (let index = 0; index < (mutations ?? 10_000); index++) {
          const { payload } = payloads[mutate.pick(payloads.length)];
          const original = Buffer.from(JSON.stringify(payload));
          const body =
            mutate.pick(4) === 0
              ? mutate.bytes(original)
              : Buffer.from(JSON.stringify(mutate.json(payload)) ?? 'null');
          const started = Date.now();
          const right = headers(body);
          ok(
            webhook.verify('main', request(body, right)),
            'refuses the right proof of an odd body',
          );
          if (coversBody && !body.equals(original)) {
            ok(
              !webhook.verify('main', request(body, headers(original))),
              'accepts a changed body',
            );
          }
          const forged = mutate.headers(right);
          ok(
            !webhook.verify('main', request(original, forged)),
            `accepts ${JSON.stringify(forged).slice(0, 300)}`,
          );
          let events: WebhookEvent[] = [];
          try {
            events = webhook.read('main', request(body, right));
          } catch (error) {
            strictEqual(
              (error as Error).name,
              'InputError',
              `${(error as Error).stack}\n${body.toString().slice(0, 2_000)}`,
            );
            ok((error as Error).message.length < 500);
          }
          for (const event of events) {
            read += 1;
            wellFormed(event);
          }
          ok(Date.now() - started < 4_000, 'takes long');
        }
        ok(read > 1_000, `only ${read} of them are read`);
      },
    },
  ];
}

/** That an event can be kept. */
function wellFormed(event: WebhookEvent) {
  const text = JSON.stringify(event);
  ok(text.length < 100_000, 'tells too much');
  const strings: string[] = [];
  JSON.stringify(event, (key, value) => {
    strings.push(key);
    if (typeof value === 'string') {
      strings.push(value);
    }
    return value;
  });
  strings.forEach(string => ok(!UNSTORABLE.test(string), 'cannot be kept'));
  ok(event.id && event.type && event.id.length <= 300);
  ok(MOMENT.test(event.at), event.at);
  const { page } = event;
  if (page) {
    ok(page.externalId.length <= 300);
    ok(page.createdAt === undefined || MOMENT.test(page.createdAt));
    ok(
      [undefined, 'triggered', 'acknowledged', 'resolved'].includes(
        page.status,
      ),
    );
    [...page.people, ...(page.by ? [page.by] : [])].forEach(person =>
      ok(/^(mailto:[^\s@]+@[^\s@]+|[a-z]+:\S+)$/.test(person), person),
    );
    ok(page.url === undefined || /^https?:/i.test(page.url));
    strictEqual(Object.getPrototypeOf(page.names), Object.prototype);
  }
}
