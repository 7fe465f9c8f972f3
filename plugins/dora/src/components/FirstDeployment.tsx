import { useState } from 'react';
import { Button } from '@backstage/ui';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { EmptyState, Section } from '@pavedroad/portal-ui';
import { noteTitle, QUALITY_WORDS } from '../words/notes';
import { ScrollRegion } from './ScrollRegion';
import styles from './delivery.module.css';

/** A request that reports a deployment, to copy. */
export function exampleRequest(
  entityRef: string,
  origin: string,
  finishedAt: string,
): string {
  const event = {
    specversion: '1.0',
    id: 'deployment-1',
    source: '/my/pipeline',
    type: 'dev.cdevents.service.deployed.0.3.0',
    time: finishedAt,
    data: {
      context: {
        version: '0.5.0',
        id: 'deployment-1',
        source: '/my/pipeline',
        type: 'dev.cdevents.service.deployed.0.3.0',
        timestamp: finishedAt,
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
  // The moment the page was opened, so that what is copied falls into the period that is shown.
  const [now] = useState(() => new Date().toISOString());
  if (response.scope.services === 0) {
    return (
      <Section title="Nothing to measure">
        <EmptyState
          title="No components in this scope"
          description={
            response.scope.entityRef?.startsWith('template:')
              ? 'No component of the catalog was made from this template yet.'
              : 'Choose another scope, or register a component in the catalog.'
          }
        />
      </Section>
    );
  }
  const astray = response.dataQuality.find(
    ({ code }) => code === 'unmapped_events',
  );
  const request = exampleRequest(entityRef, window.location.origin, now);
  return (
    <Section title="No deployments yet">
      {astray ? (
        <p>
          <strong>{noteTitle(astray)}.</strong>{' '}
          {QUALITY_WORDS.unmapped_events.advice}
        </p>
      ) : undefined}
      <EmptyState
        title="Report the first deployment"
        description="Let the pipeline send one event when a deployment has finished. The artifact's version is the commit that was deployed; the token is a reporting credential of the service: its owners make one under Data quality."
        action={<CopyButton text={request} />}
      />
      <ScrollRegion className={styles.code} label="Reporting a deployment">
        <pre>{request}</pre>
      </ScrollRegion>
      <p className={styles.comparison}>
        Or bring the history of a repository. Every release tag counts as a
        deployment:
      </p>
      <ScrollRegion
        className={styles.code}
        label="Bringing the history of a repository"
      >
        <pre>{`npm run dora -- backfill --repository <path or URL> --entity ${entityRef} --release-tags 'v*'`}</pre>
      </ScrollRegion>
    </Section>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Button
      variant="secondary"
      onPress={async () => {
        await navigator.clipboard.writeText(text);
        setCopied(true);
      }}
    >
      {copied ? 'Copied' : 'Copy the request'}
    </Button>
  );
}
