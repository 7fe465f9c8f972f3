import { type Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';

/** One account of a provider, as configured. */
export type ProviderAccount = {
  /** By which entities name it. */
  id: string;
  /** Whether it answers for entities that name none. */
  isDefault: boolean;
  /** Its part of the configuration. */
  config: Config;
  /** Milliseconds one request may take. */
  timeout: number;
};

const TIMEOUT = 10_000;
const ID = /^[a-z0-9][a-z0-9_-]{0,62}$/i;

/**
 * The accounts under `oncall.<provider>.accounts`, none when there are none. An account without `id` is called `default`. The only account, or the one
 * marked `default: true`, answers for entities that name none.
 * @throws InputError when ids are not unique, or several accounts are the default.
 */
export function readAccounts(
  config: Config,
  provider: string,
): ProviderAccount[] {
  const root = `oncall.${provider}`;
  const timeout = config.has(`${root}.timeout`)
    ? durationToMilliseconds(
        readDurationFromConfig(config, { key: `${root}.timeout` }),
      )
    : TIMEOUT;
  const found = config.getOptionalConfigArray(`${root}.accounts`) ?? [];
  const accounts = found.map(part => ({
    id: part.getOptionalString('id') ?? 'default',
    isDefault: part.getOptionalBoolean('default') ?? found.length === 1,
    config: part,
    timeout,
  }));
  const ids = accounts.map(account => account.id);
  const wrong = ids.find(
    (id, index) => !ID.test(id) || ids.indexOf(id) !== index,
  );
  if (wrong !== undefined) {
    throw new InputError(
      `${root}.accounts: the id ${JSON.stringify(
        wrong,
      )} must be unique, of letters, digits, - and _`,
    );
  }
  if (accounts.filter(account => account.isDefault).length > 1) {
    throw new InputError(`${root}.accounts: only one can be the default`);
  }
  return accounts;
}

/**
 * The address of an account's API without a slash at its end.
 * @throws InputError when it is no address, has credentials in it, or is not `https`. Loopback addresses may be `http`, and others with
 *   `allowHttp: true`.
 */
export function readBaseUrl(
  account: ProviderAccount,
  key: string,
  fallback?: string,
): string {
  const text = fallback
    ? account.config.getOptionalString(key) ?? fallback
    : account.config.getString(key);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' &&
      (['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) ||
        account.config.getOptionalBoolean('allowHttp') === true));
  if (!url || !secure || url.username || url.password) {
    throw new InputError(
      `${key} of the account ${account.id} must be an https address without credentials in it`,
    );
  }
  return text.replace(/\/+$/, '');
}
