import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  BackendFeature,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';
import alertmanager from '@pavedroad/plugin-dora-backend-module-alertmanager';
import argocd from '@pavedroad/plugin-dora-backend-module-argocd';
import opsgenie from '@pavedroad/plugin-dora-backend-module-opsgenie';
import pagerduty from '@pavedroad/plugin-dora-backend-module-pagerduty';
import {
  WebhookAuthentication,
  WebhookFixture,
} from '@pavedroad/plugin-dora-node/testUtils';
import request from 'supertest';
import { RunningDora } from './startDora';

/** A provider of webhooks as tests play it. */
export interface Provider {
  id: string;
  feature: BackendFeature;
  /** Its part of the configuration, below `dora`. */
  config: JsonObject;
  authentication: WebhookAuthentication;
}

const token = (headers: Record<string, string>): WebhookAuthentication => ({
  coversBody: false,
  headers: () => headers,
});

/** Every provider, configured with a secret of its own. */
export const PROVIDERS = {
  alertmanager: {
    id: 'alertmanager',
    feature: alertmanager,
    config: { bearerTokens: ['alertmanager-token'] },
    authentication: token({ authorization: 'Bearer alertmanager-token' }),
  },
  argocd: {
    id: 'argocd',
    feature: argocd,
    config: { webhookTokens: ['argocd-token'] },
    authentication: token({ 'x-webhook-token': 'argocd-token' }),
  },
  opsgenie: {
    id: 'opsgenie',
    feature: opsgenie,
    config: { webhookTokens: ['opsgenie-token'] },
    authentication: token({ authorization: 'Bearer opsgenie-token' }),
  },
  pagerduty: {
    id: 'pagerduty',
    feature: pagerduty,
    config: { webhookSecrets: ['pagerduty-secret'] },
    authentication: {
      coversBody: true,
      headers: (body: Buffer) => ({
        'x-pagerduty-signature': `v1=${createHmac('sha256', 'pagerduty-secret')
          .update(body)
          .digest('hex')}`,
      }),
    },
  },
} satisfies Record<string, Provider>;

/** What `startDora` needs to receive webhooks of providers. */
export function receiving(...providers: Provider[]): {
  features: BackendFeature[];
  config: JsonObject;
} {
  return {
    features: providers.map(({ feature }) => feature),
    config: {
      dora: Object.fromEntries(providers.map(({ id, config }) => [id, config])),
    },
  };
}

const folderOf = (provider: Provider) =>
  resolvePackagePath(
    `@pavedroad/plugin-dora-backend-module-${provider.id}`,
    'fixtures',
  );

/** A payload of the provider's package, changed as the callback does. */
export function payloadOf(
  provider: Provider,
  name: string,
  change: (payload: any) => void = () => {},
): JsonObject {
  const payload = JSON.parse(
    readFileSync(path.join(folderOf(provider), `${name}.json`), 'utf8'),
  );
  change(payload);
  return payload;
}

/** Every payload of the provider's package. */
export function payloadsOf(provider: Provider): WebhookFixture[] {
  return readdirSync(folderOf(provider)).map(file => ({
    name: file,
    payload: payloadOf(provider, file.replace(/\.json$/, '')),
  }));
}

/** Sends a payload as the provider does and answers the statuses of its events. */
export async function deliver(
  dora: RunningDora,
  provider: Provider,
  payload: JsonObject,
): Promise<string[]> {
  const body = Buffer.from(JSON.stringify(payload));
  const response = await request(dora.server)
    .post(`/api/dora/webhooks/${provider.id}`)
    .set('content-type', 'application/json')
    .set(provider.authentication.headers(body))
    .serialize(raw => raw)
    .send(body);
  if (response.status !== 202) {
    throw new Error(`${response.status} ${response.text}`);
  }
  return response.body.results.map(({ status }: { status: string }) => status);
}
