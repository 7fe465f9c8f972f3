import {
  ProviderClient,
  type ProviderAccount,
} from '@pavedroad/plugin-oncall-node';

/** For the API of an account, by a token of it. A service account's token also says to which Grafana it belongs. */
export function grafanaClientOf(
  account: ProviderAccount,
  token: string,
): ProviderClient {
  const grafanaUrl = account.config.getOptionalString('grafanaUrl');
  return ProviderClient.forAccount(account, {
    key: 'apiBaseUrl',
    headers: {
      authorization: token,
      ...(grafanaUrl ? { 'x-grafana-url': grafanaUrl } : {}),
    },
  });
}
