import { InputError } from '@backstage/errors';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { ProviderAccount } from './accounts';

/** A webhook as it came in. */
export type WebhookRequest = {
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  /** As it was sent: signatures cover the bytes. */
  body: Buffer;
  /** ISO 8601. */
  receivedAt: string;
};

/** What a webhook tells of a page. */
export type WebhookPage = {
  externalId: string;
  /** The key the sender gave it, if it did. */
  dedupKey?: string;
  /** Left out when the news are of something else than its status. */
  status?: 'triggered' | 'acknowledged' | 'resolved';
  /** Who did it: `mailto:<e-mail>`, or `<provider>:<id>` with a name in `names`. */
  by?: string;
  /** ISO 8601. */
  createdAt?: string;
  title?: string;
  urgency?: 'high' | 'low';
  url?: string;
  /** The schedules it may be for, as the provider's matches know them, the closest first. */
  scheduleIds: string[];
  /** Who was called, like `by`. */
  people: string[];
  names: Record<string, string>;
};

/** One event of a webhook. */
export type WebhookEvent = {
  /** The same when the event is delivered again. */
  id: string;
  type: string;
  /** When it happened, ISO 8601. */
  at: string;
  page?: WebhookPage;
  /** Who is on call may have changed. */
  onCallChanged?: boolean;
};

/** How a provider tells of its pages. */
export interface OnCallWebhook {
  /** The account of a webhook: the one named, or the default one; undefined when it takes no webhooks. */
  accountOf(name: string | undefined): string | undefined;
  /** Whether the request is the provider's own. Never throws. */
  verify(account: string, request: WebhookRequest): boolean;
  /**
   * What a verified request tells; the same each time, and nothing for what does not concern on-call.
   * @throws InputError for a body that cannot be read.
   */
  read(account: string, request: WebhookRequest): WebhookEvent[];
  /**
   * Addresses of people of whom a webhook tells only an id, as far as they can be found out in short time. Never rejects.
   */
  identify?(account: string, people: string[]): Promise<Map<string, string>>;
}

/** How webhooks of one account are verified and read. */
export type WebhookFormat = {
  verify(secrets: string[], request: WebhookRequest): boolean;
  read(
    request: WebhookRequest,
    scheduleId: (kind: string, value: string) => string,
  ): WebhookEvent[];
};

const MAX_DEPTH = 60;
const TEXT = 500;

/** Webhooks of accounts with secrets in `webhookSecrets`; undefined when none has. */
export function webhookOf(
  accounts: ProviderAccount[],
  format: WebhookFormat,
  identify?: OnCallWebhook['identify'],
): OnCallWebhook | undefined {
  const secrets = new Map(
    accounts.flatMap(account => {
      const found = account.config.getOptionalStringArray('webhookSecrets');
      return found && found.length > 0 ? [[account.id, found] as const] : [];
    }),
  );
  for (const [id, list] of secrets) {
    if (list.some(secret => secret.length < 16)) {
      throw new InputError(
        `webhookSecrets of the account ${id} must have at least 16 characters`,
      );
    }
  }
  const fallback = accounts.find(account => account.isDefault)?.id;
  return secrets.size === 0
    ? undefined
    : {
        accountOf: name => {
          const account = name ?? fallback;
          return account !== undefined && secrets.has(account)
            ? account
            : undefined;
        },
        verify: (account, request) =>
          format.verify(secrets.get(account) ?? [], request),
        read: (account, request) =>
          format.read(request, (kind, value) =>
            [account, kind, value].map(encodeURIComponent).join('/'),
          ),
        ...(identify ? { identify } : {}),
      };
}

/** One header as text; undefined when it is missing or sent several times. */
export function headerOf(
  request: WebhookRequest,
  name: string,
): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether one of the offered texts is one of the secrets, in a time that tells nothing of them. */
export function isSecret(offered: string, secrets: string[]): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const given = digest(offered);
  return secrets
    .map(secret => timingSafeEqual(given, digest(secret)))
    .includes(true);
}

/** Whether one of the offered HMAC-SHA256 signatures, in lower-case hexadecimal, is that of the body by one of the secrets. */
export function isSigned(
  body: Buffer,
  offered: string[],
  secrets: string[],
): boolean {
  const right = secrets.map(secret =>
    createHmac('sha256', secret).update(body).digest('hex'),
  );
  return offered.map(signature => isSecret(signature, right)).includes(true);
}

/**
 * For providers that sign nothing but can send a header: whether the request carries a secret, as `Authorization: Bearer`, as the password
 * of `Authorization: Basic`, or in `x-webhook-secret`.
 */
export function carriesSecret(
  secrets: string[],
  request: WebhookRequest,
): boolean {
  const own = headerOf(request, 'x-webhook-secret');
  if (own !== undefined) {
    return isSecret(own, secrets);
  }
  const [, scheme, value] =
    /^(Bearer|Basic) ([\x21-\x7e]{1,2000})$/i.exec(
      headerOf(request, 'authorization') ?? '',
    ) ?? [];
  if (value === undefined) {
    return false;
  }
  if (scheme.toLocaleLowerCase('en-US') === 'bearer') {
    return isSecret(value, secrets);
  }
  const text = Buffer.from(value, 'base64').toString('utf8');
  return isSecret(text.slice(text.indexOf(':') + 1), secrets);
}

/**
 * The JSON object of a body, without depths that would overflow the stack.
 * @throws InputError when it is none.
 */
export function readWebhookBody(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body),
    );
  } catch {
    throw new InputError('The body is not JSON in UTF-8');
  }
  const fields = fieldsOf(value);
  if (!fields || depthOf(value) > MAX_DEPTH) {
    throw new InputError('The body must be a JSON object of moderate depth');
  }
  return fields;
}

/** An object, or undefined when it is none. */
export function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A text or number as a text that can be kept: of at most 500 characters, without what the database refuses. */
export function looseText(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return String(value);
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  const text = value
    .slice(0, TEXT)
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
  return text === '' ? undefined : text;
}

/** An id that is a text or number, of at most 300 characters and nothing odd in it. */
export function looseId(value: unknown): string | undefined {
  const text = looseText(value);
  return text !== undefined && /^[\x21-\x7e]{1,300}$/.test(text)
    ? text
    : undefined;
}

/** An https address. */
export function looseUrl(value: unknown): string | undefined {
  return typeof value === 'string' &&
    value.length <= 2_000 &&
    /^https?:\/\/[\x21-\x7e]+$/i.test(value) &&
    URL.canParse(value)
    ? value
    : undefined;
}

/** ISO 8601 of a text or of seconds, milliseconds or nanoseconds since the epoch, between 2000 and 2100; undefined for all else. */
export function looseMoment(value: unknown): string | undefined {
  let time = NaN;
  if (typeof value === 'number') {
    let scale = 1_000_000;
    if (value < 1e11) {
      scale = 0.001;
    } else if (value < 1e14) {
      scale = 1;
    }
    time = Math.round(value / scale);
  } else if (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.{0,20}(Z|[+-]\d\d:?\d\d)$/i.test(value)
  ) {
    time = Date.parse(value.replace(' ', 'T'));
  }
  return time >= Date.UTC(2000, 0) && time < Date.UTC(2100, 0)
    ? new Date(time).toISOString()
    : undefined;
}

/** A delivery id of what a request says, for providers that send none. */
export function digestOf(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('hex');
}

function depthOf(root: unknown): number {
  let level: unknown[] = [root];
  let depth = 0;
  while (level.length > 0 && depth <= MAX_DEPTH) {
    depth += 1;
    level = level.flatMap(value =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return depth;
}
