import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { EmptyState, Section } from '@pavedroad/portal-ui';
import { ScrollRegion } from './ScrollRegion';
import styles from './delivery.module.css';

/** A request that reports a deployment, to copy. */
export function exampleRequest(entityRef: string, origin: string): string {
  const event = {
    specversion: '1.0',
    id: 'deployment-1',
    source: '/my/pipeline',
    type: 'dev.cdevents.service.deployed.0.3.0',
    time: '2026-01-31T12:00:00Z',
    data: {
      context: {
        version: '0.5.0',
        id: 'deployment-1',
        source: '/my/pipeline',
        type: 'dev.cdevents.service.deployed.0.3.0',
        timestamp: '2026-01-31T12:00:00Z',
      },
      subject: {
        id: entityRef,
        type: 'service',
        content: {
          environment: { id: 'production' },
          artifactId: 'pkg:generic/my-service@<full commit id>',
        },
      },
    },
  };
  return [
    `curl ${origin}/api/dora/events \\`,
    `  -H "Authorization: Bearer $TOKEN" \\`,
    `  -H "Content-Type: application/cloudevents+json" \\`,
    `  -d '${JSON.stringify(event, undefined, 2)}'`,
  ].join('\n');
}

/** What stands in the place of figures until something has been deployed: how to report it. */
export function FirstDeployment(props: {
  entityRef?: string;
  response: MetricsResponse;
}) {
  const { entityRef = 'component:default/my-service', response } = props;
  if (response.scope.services === 0) {
    return (
      <Section title="Nothing to measure">
        <EmptyState
          title="No components in this scope"
          description="Choose another scope, or register a component in the catalog."
        />
      </Section>
    );
  }
  return (
    <Section title="No deployments yet">
      <EmptyState
        title="Report the first deployment"
        description="Let the pipeline send one event when a deployment has finished. Or bring the history of a repository: every release tag counts as a deployment."
      />
      <ScrollRegion className={styles.code} label="Reporting a deployment">
        <pre>{exampleRequest(entityRef, window.location.origin)}</pre>
      </ScrollRegion>
      <p className={styles.comparison}>
        From the release tags of a repository:
      </p>
      <ScrollRegion
        className={styles.code}
        label="Bringing the history of a repository"
      >
        <pre>
          {`npm run dora -- backfill --repository <path or URL> --entity ${entityRef} --release-tags 'v*'`}
        </pre>
      </ScrollRegion>
    </Section>
  );
}
