import {
  ProviderClient,
  type ProviderAccount,
} from '@pavedroad/plugin-oncall-node';

/** For the REST API of an account, by a token of it. */
export function restClientOf(
  account: ProviderAccount,
  token: string,
): ProviderClient {
  return ProviderClient.forAccount(account, {
    key: 'apiBaseUrl',
    fallback: 'https://api.pagerduty.com',
    headers: {
      accept: 'application/vnd.pagerduty+json;version=2',
      authorization: `Token token=${token}`,
    },
  });
}
