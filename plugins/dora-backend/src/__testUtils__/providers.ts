import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  BackendFeature,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { JsonObject, JsonValue } from '@backstage/types';
import alertmanager from '@pavedroad/plugin-dora-backend-module-alertmanager';
import argocd from '@pavedroad/plugin-dora-backend-module-argocd';
import github from '@pavedroad/plugin-dora-backend-module-github';
import gitlab from '@pavedroad/plugin-dora-backend-module-gitlab';
import jenkins from '@pavedroad/plugin-dora-backend-module-jenkins';
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
  /** Payloads, where its package holds no folder of them. */
  payloads?: WebhookFixture[];
  /** Header with the id of the delivery, which tests give anew each time. */
  deliveryHeader?: string;
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

const SHA = 'a1'.padEnd(40, '0');
const BEFORE = 'a0'.padEnd(40, '0');
const MOMENT = '2026-05-04T09:00:00Z';

const commit = {
  id: SHA,
  distinct: true,
  message: `Take back\n\nThis reverts commit ${BEFORE}.`,
  timestamp: MOMENT,
  author: { name: 'Ines', email: 'ines@fernhill.example' },
  committer: { name: 'Ines', email: 'ines@fernhill.example' },
  added: ['a.ts'],
  removed: [],
  modified: ['b.ts'],
};
const push = {
  ref: 'refs/heads/main',
  before: BEFORE,
  after: SHA,
  total_commits_count: 1,
  commits: [commit],
};

const ofGithub = (event: string, payload: JsonObject): WebhookFixture => ({
  name: event,
  headers: { 'x-github-event': event },
  payload: {
    repository: {
      full_name: 'fernhill/checkout',
      default_branch: 'main',
      html_url: 'https://github.com/fernhill/checkout',
    },
    ...payload,
  },
});
const ofGitlab = (kind: string, payload: JsonObject): WebhookFixture => ({
  name: kind,
  payload: {
    object_kind: kind,
    project: {
      id: 7,
      path_with_namespace: 'fernhill/checkout',
      default_branch: 'main',
      web_url: 'https://gitlab.com/fernhill/checkout',
    },
    ...payload,
  },
});

/** Providers of code and pipelines. Their packages test what each payload becomes. */
export const FORGES = {
  github: {
    id: 'github',
    feature: github,
    config: { webhookSecrets: ['github-secret'] },
    deliveryHeader: 'x-github-delivery',
    authentication: {
      coversBody: true,
      headers: (body: Buffer) => ({
        'x-hub-signature-256': `sha256=${createHmac('sha256', 'github-secret')
          .update(body)
          .digest('hex')}`,
      }),
    },
    payloads: [
      ofGithub('push', push),
      ofGithub('deployment_status', {
        action: 'created',
        deployment_status: {
          id: 10,
          state: 'success',
          environment: 'production',
          created_at: MOMENT,
        },
        deployment: {
          id: 1,
          sha: SHA,
          task: 'deploy',
          environment: 'production',
          production_environment: true,
          created_at: MOMENT,
        },
      }),
      ofGithub('pull_request', {
        action: 'closed',
        number: 7,
        pull_request: {
          number: 7,
          title: 'Faster',
          merged: true,
          merged_at: MOMENT,
          created_at: MOMENT,
          updated_at: MOMENT,
          merge_commit_sha: SHA,
          labels: [{ name: 'hotfix' }],
          html_url: 'https://github.com/fernhill/checkout/pull/7',
          base: { ref: 'main' },
          head: { sha: BEFORE },
        },
      }),
      ofGithub('issues', {
        action: 'opened',
        issue: {
          number: 12,
          title: 'One cent too much',
          html_url: 'https://github.com/fernhill/checkout/issues/12',
          labels: [{ name: 'incident' }],
          created_at: MOMENT,
          updated_at: MOMENT,
          body: 'Caused by: #1',
        },
      }),
    ],
  },
  gitlab: {
    id: 'gitlab',
    feature: gitlab,
    config: { webhookSecrets: ['gitlab-token'] },
    deliveryHeader: 'idempotency-key',
    authentication: token({ 'x-gitlab-token': 'gitlab-token' }),
    payloads: [
      ofGitlab('push', push),
      ofGitlab('deployment', {
        status: 'success',
        status_changed_at: '2026-05-04 09:00:00 UTC',
        deployment_id: 1,
        environment: 'production',
        environment_tier: 'production',
        short_sha: SHA.slice(0, 8),
        commit_url: `https://gitlab.com/fernhill/checkout/-/commit/${SHA}`,
      }),
      ofGitlab('issue', {
        object_attributes: {
          iid: 12,
          action: 'open',
          state: 'opened',
          title: 'One cent too much',
          type: 'Incident',
          created_at: '2026-05-04 09:00:00 UTC',
          updated_at: '2026-05-04 09:00:00 UTC',
          url: 'https://gitlab.com/fernhill/checkout/-/issues/12',
          labels: [{ title: 'incident' }],
        },
      }),
    ],
  },
  jenkins: {
    id: 'jenkins',
    feature: jenkins,
    config: { token: 'jenkins-token' },
    authentication: token({ authorization: 'Bearer jenkins-token' }),
    payloads: ['started', 'finished'].map(predicate => ({
      name: predicate,
      headers: { 'content-type': 'application/cloudevents+json' },
      payload: {
        specversion: '1.0',
        id: `run-42-${predicate}`,
        source: 'job/payments/job/deploy-checkout-production/42/',
        type: `dev.cdevents.pipelinerun.${predicate}.0.1.0`,
        time: MOMENT,
        data: {
          context: { timestamp: MOMENT },
          subject: {
            id: 'job/payments/job/deploy-checkout-production/42/',
            type: 'pipelineRun',
            content: {
              pipelineName: 'payments » deploy-checkout-production',
              url: 'https://jenkins.example/job/42/',
              outcome: 'success',
            },
          },
          customData: {
            name: 'payments/deploy-checkout-production',
            build: {
              number: 42,
              status: 'SUCCESS',
              parameters: {
                DORA_ENVIRONMENT: 'production',
                DORA_SERVICE: 'component:default/checkout',
                DORA_REVISION: SHA,
              },
              scm: { commit: SHA },
            },
          },
        },
      },
    })),
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
  if (provider.payloads) {
    return provider.payloads;
  }
  return readdirSync(folderOf(provider)).map(file => ({
    name: file,
    payload: payloadOf(provider, file.replace(/\.json$/, '')),
  }));
}

/** Sends a payload as the provider does and answers the statuses of its events. */
export async function deliver(
  dora: RunningDora,
  provider: Provider,
  payload: JsonValue,
  headers: Record<string, string> = {},
): Promise<string[]> {
  const body = Buffer.from(JSON.stringify(payload));
  const response = await request(dora.server)
    .post(`/api/dora/webhooks/${provider.id}`)
    .set('content-type', 'application/json')
    .set({ ...headers, ...provider.authentication.headers(body) })
    .serialize(raw => raw)
    .send(body);
  if (response.status !== 202) {
    throw new Error(`${response.status} ${response.text}`);
  }
  return response.body.results.map(({ status }: { status: string }) => status);
}
