import { useEffect } from 'react';
import { ButtonLink, Flex } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  catalogApiRef,
  useEntityPresentation,
} from '@backstage/plugin-catalog-react';
import { DeploymentDetailResponse } from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  ErrorState,
  formatDateTime,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  useAsyncData,
  WebLink,
} from '@pavedroad/portal-ui';
import {
  RiArrowLeftLine,
  RiArrowLeftSLine,
  RiArrowRightSLine,
} from '@remixicon/react';
import { doraApiRef } from '../api/DoraApi';
import { useViewState } from '../state/useViewState';
import {
  deploymentStory,
  kindWords,
  leftOut,
  shortRevision,
  webAddress,
} from '../words/deployment';
import { RepositoryLinks, repositoryLinks } from '../words/repositoryLinks';
import { useCorrections } from './corrections/useCorrections';
import { ChangesSection } from './detail/ChangesSection';
import { FailuresSection } from './detail/FailuresSection';
import { OnCallSection } from './detail/OnCallSection';
import { RolloutSection } from './detail/RolloutSection';
import { EntityLink } from './EntityName';
import { Outcome } from './Outcome';
import { rememberRow } from './returnToRow';
import { UrgentNotes } from './UrgentNotes';
import shared from './delivery.module.css';
import styles from './detail/detail.module.css';

/** One deployment: what it brought, how long each change took, what failed and how that is known, and who was on call. */
export function DeploymentDetail(props: { id: string; timeZone: string }) {
  const { id, timeZone } = props;
  const api = useApi(doraApiRef);
  const catalog = useApi(catalogApiRef);
  const { state, hrefOf } = useViewState();
  const corrections = useCorrections();
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/deployment ${id}`,
    () => api.getDeployment(id),
    { refreshSeconds: 15 },
  );
  // What was asked for before stays until the answer is there; another deployment must not be taken for this one.
  const detail =
    data?.id === id || data?.attempts.some(a => a.id === id) ? data : undefined;
  const serviceRef = detail?.serviceRef;
  const entity = useAsyncData(
    serviceRef && `catalog/entity ${serviceRef}`,
    () => catalog.getEntityByRef(serviceRef!),
  );
  const links = entity.data && repositoryLinks(entity.data);
  useEffect(() => rememberRow(id), [id]);
  const detailHref = (deployment: string) => hrefOf({ deployment });
  return (
    <Flex direction="column" gap="4" align="stretch">
      <div className={styles.head}>
        <ButtonLink
          variant="secondary"
          iconStart={<RiArrowLeftLine aria-hidden />}
          href={hrefOf({ deployment: undefined })}
        >
          Back to delivery
        </ButtonLink>
        {detail ? (
          <Neighbours detail={detail} timeZone={timeZone} hrefOf={detailHref} />
        ) : undefined}
      </div>
      {error ? (
        <ErrorState
          action="The deployment could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!detail && !error ? (
        <LoadingSkeleton
          rows={8}
          rowHeight={32}
          label={isLoading ? 'Loading the deployment' : 'Loading'}
        />
      ) : undefined}
      {corrections.notice}
      {detail ? (
        <>
          <UrgentNotes notes={detail.dataQuality} timeZone={timeZone} />
          <Summary detail={detail} links={links} timeZone={timeZone} />
          <FailuresSection
            detail={detail}
            environment={state.environment}
            timeZone={timeZone}
            hrefOf={detailHref}
            finish={corrections.finish}
          />
          <ChangesSection
            key={detail.id}
            detail={detail}
            links={links}
            timeZone={timeZone}
          />
          <div className={styles.pair}>
            <OnCallSection detail={detail} timeZone={timeZone} />
            <RolloutSection detail={detail} timeZone={timeZone} />
            <LeftOut detail={detail} />
          </div>
        </>
      ) : undefined}
    </Flex>
  );
}

/** The deployments of the same service before and after. */
function Neighbours(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
  hrefOf: (id: string) => string;
}) {
  const { previous, next } = props.detail;
  if (!previous && !next) {
    return null;
  }
  const when = (instant: string) => formatDateTime(instant, props.timeZone);
  return (
    <nav aria-label="Deployments of this service" className={styles.neighbours}>
      {previous ? (
        <ButtonLink
          variant="secondary"
          iconStart={<RiArrowLeftSLine aria-hidden />}
          href={props.hrefOf(previous.id)}
          aria-label={`Previous deployment, ${when(previous.finishedAt)}`}
        >
          Previous
        </ButtonLink>
      ) : undefined}
      {next ? (
        <ButtonLink
          variant="secondary"
          iconEnd={<RiArrowRightSLine aria-hidden />}
          href={props.hrefOf(next.id)}
          aria-label={`Next deployment, ${when(next.finishedAt)}`}
        >
          Next
        </ButtonLink>
      ) : undefined}
    </nav>
  );
}

function Summary(props: {
  detail: DeploymentDetailResponse;
  links?: RepositoryLinks;
  timeZone: string;
}) {
  const { detail, links, timeZone } = props;
  const { serviceRef, revision } = detail;
  const { primaryTitle } = useEntityPresentation(serviceRef, {
    defaultKind: 'component',
  });
  const story = deploymentStory(detail, instant =>
    formatDateTime(instant, timeZone),
  );
  const commit =
    revision && /^[0-9a-f]{7,64}$/.test(revision)
      ? links?.commit(revision)
      : undefined;
  return (
    <Section
      title={`Deployment of ${primaryTitle}`}
      actions={detail.sampleData ? <SampleDataBadge /> : undefined}
    >
      <p className={styles.story}>{story.what}</p>
      <div className={styles.became}>
        <Outcome item={detail} />
        <span>{story.became}</span>
      </div>
      <dl className={styles.facts}>
        <dt>Service</dt>
        <dd>
          <EntityLink entityRef={serviceRef} />
        </dd>
        <dt>Finished</dt>
        <dd>
          {detail.finishedAt ? (
            <DateTime value={detail.finishedAt} zone={timeZone} relative />
          ) : (
            'Not known'
          )}
        </dd>
        <dt>Kind</dt>
        <dd>
          {kindWords(detail)}
          {detail.first ? '; the first of the service' : ''}
        </dd>
        {detail.recoveredAt ? (
          <>
            <dt>Recovered</dt>
            <dd>
              <DateTime value={detail.recoveredAt} zone={timeZone} />
            </dd>
          </>
        ) : undefined}
        <dt>Revision</dt>
        <dd className={shared.mono}>
          {commit ? (
            <WebLink href={commit} title={revision}>
              {shortRevision(revision)}
            </WebLink>
          ) : (
            <span title={revision}>{revision ?? 'unknown'}</span>
          )}
        </dd>
        <dt>Known from</dt>
        <dd>
          {detail.origin === 'release_tag'
            ? 'A release in git'
            : `An event${detail.source ? ` from ${detail.source}` : ''}`}
        </dd>
        {webAddress(detail.url) ? (
          <>
            <dt>Pipeline</dt>
            <dd>
              <WebLink href={detail.url}>Open where it ran</WebLink>
            </dd>
          </>
        ) : undefined}
      </dl>
    </Section>
  );
}

function LeftOut({ detail }: { detail: DeploymentDetailResponse }) {
  const sentences = leftOut(detail);
  return (
    <Section title="What is left out of the numbers">
      {sentences.length === 0 ? (
        <p style={{ margin: 0 }}>Nothing: all of it counts.</p>
      ) : (
        <ul className={styles.plain}>
          {sentences.map(sentence => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}
