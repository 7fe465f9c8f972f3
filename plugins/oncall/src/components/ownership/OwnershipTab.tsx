import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Button, SearchField, Select, Text } from '@backstage/ui';
import type {
  OwnershipFinding,
  OwnershipFindingCode,
} from '@pavedroad/plugin-oncall-common';
import {
  downloadText,
  EmptyState,
  ErrorState,
  FilterBar,
  formatCount,
  formatPlural,
  formatRate,
  LoadingSkeleton,
  Section,
  StatusBadge,
  toCsv,
  useAsyncData,
  WebLink,
} from '@pavedroad/portal-ui';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { onCallApiRef } from '../../api';
import { useEntityNames } from '../useEntityNames';
import { keepingPlace } from '../placeOfFocus';
import { inLocalTime } from '../words';
import styles from './ownership.module.css';

const WORDS: Record<OwnershipFindingCode, string> = {
  'no-owner': 'No owner',
  'owner-unknown': 'Owner does not exist',
  'owner-not-group': 'Owner is no group',
  'no-schedule': 'No schedule',
  ambiguous: 'Several schedules, none named',
  'schedule-invalid': 'Schedule cannot be read',
  'schedule-gap': 'Gap ahead',
  nobody: 'Nobody on call',
  'double-booking': 'In two places at once',
  'person-unknown': 'Person does not exist',
  'group-empty': 'Group without members',
  'provider-failed': 'Provider fails',
};
/** What kinds of entities are called in a sentence; others go by their kind. */
const KINDS: Record<string, string> = {
  component: 'Service',
  group: 'Group',
  oncallschedule: 'Schedule',
  system: 'System',
  user: 'Person',
};
/** Findings shown before more are asked for. */
const STEP = 100;

/** What about ownership wants mending: how much of each kind, and what to do about each. */
export function OwnershipTab() {
  const api = useApi(onCallApiRef);
  const [params, setParams] = useSearchParams();
  const [shown, setShown] = useState(STEP);
  const { data, error, reload } = useAsyncData('oncall-hygiene', () =>
    api.hygiene(),
  );
  const code = params.get('finding') ?? '';
  const owner = params.get('owner') ?? '';
  const search = params.get('search') ?? '';
  const change = (name: string, value: string) => {
    setShown(STEP);
    setParams(
      previous => {
        const next = new URLSearchParams(previous);
        if (value) {
          next.set(name, value);
        } else {
          next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  };
  const nameOf = useEntityNames(
    (data?.findings ?? []).flatMap(({ ownerRef }) =>
      ownerRef ? [ownerRef] : [],
    ),
  );
  if (error) {
    return (
      <ErrorState
        action="The state of ownership could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return (
      <LoadingSkeleton
        rows={8}
        rowHeight={40}
        label="Looking through services, owners and schedules"
      />
    );
  }
  const words = search.trim().toLocaleLowerCase();
  const owners = [
    ...new Set(data.findings.flatMap(f => (f.ownerRef ? [f.ownerRef] : []))),
  ].sort();
  const rows = data.findings.filter(
    finding =>
      (!code || finding.code === code) &&
      (!owner || finding.ownerRef === owner) &&
      [finding.title, finding.entityRef, finding.ownerRef, finding.message]
        .join(' ')
        .toLocaleLowerCase()
        .includes(words),
  );
  return (
    <div className={styles.stack}>
      <Section
        title="Is somebody there for every service?"
        subtitle={`${formatRate(
          data.servicesCovered,
          data.services,
        )} of services have somebody on call on every level now`}
        actions={
          <Button
            size="small"
            variant="secondary"
            isDisabled={rows.length === 0}
            onPress={() =>
              downloadText(
                'ownership.csv',
                'text/csv',
                toCsv(
                  rows.map(f => ({
                    severity: f.severity,
                    finding: f.code,
                    entity: f.entityRef,
                    title: f.title,
                    owner: f.ownerRef,
                    message: f.message,
                    fix: f.fix.text,
                    url: f.fix.url,
                  })),
                ),
              )
            }
          >
            Download CSV
          </Button>
        }
      >
        {data.findings.length === 0 ? (
          <EmptyState
            title="Nothing to mend"
            description="Every service has an owner that exists and a schedule with people on it, no schedule has a gap ahead, and nobody is on call in two places at once."
          />
        ) : (
          <ul className={styles.counts} aria-label="Findings by kind">
            {data.counts
              .filter(({ count }) => count > 0)
              .map(({ code: one, count }) => (
                <li key={one}>
                  <button
                    type="button"
                    aria-pressed={code === one}
                    onClick={() => change('finding', code === one ? '' : one)}
                  >
                    <strong>{formatCount(count)}</strong>
                    <span>{WORDS[one]}</span>
                  </button>
                </li>
              ))}
          </ul>
        )}
      </Section>
      {data.findings.length > 0 ? (
        <Section
          title="What to mend"
          subtitle={`${formatPlural(rows.length, 'finding')}, the worst first`}
        >
          <div className={styles.stack}>
            <FilterBar label="Filter findings">
              <SearchField
                aria-label="Search findings"
                placeholder="Service, schedule or person"
                value={search}
                onChange={value => change('search', value)}
              />
              <Select
                aria-label="Owner"
                options={[
                  { id: 'all', label: 'All owners' },
                  ...owners.map(ref => ({
                    id: ref,
                    label: nameOf(ref),
                  })),
                ]}
                selectedKey={owner || 'all'}
                onSelectionChange={key =>
                  change('owner', key === 'all' ? '' : String(key))
                }
              />
            </FilterBar>
            {rows.length === 0 ? (
              <EmptyState
                title="No finding fits"
                description="Choose another kind or owner, or search for less."
              />
            ) : (
              <ul className={styles.findings} aria-label="Findings">
                {rows.slice(0, shown).map(finding => (
                  <li
                    key={`${finding.code} ${finding.entityRef} ${finding.message}`}
                  >
                    <Finding finding={finding} nameOf={nameOf} />
                  </li>
                ))}
              </ul>
            )}
            {rows.length > shown ? (
              <Button
                variant="secondary"
                onPress={() => keepingPlace(() => setShown(shown + STEP))}
              >{`Show ${formatPlural(
                Math.min(STEP, rows.length - shown),
                'more',
                'more',
              )}`}</Button>
            ) : undefined}
          </div>
        </Section>
      ) : undefined}
    </div>
  );
}

function Finding({
  finding,
  nameOf,
}: {
  finding: OwnershipFinding;
  nameOf: (ref: string) => string;
}) {
  const { code, severity, entityRef, title, ownerRef, message, fix } = finding;
  const [kind] = entityRef.split(':');
  return (
    <>
      <div>
        <StatusBadge level={severity}>{WORDS[code]}</StatusBadge>
      </div>
      <div>
        <Text as="div" variant="body-medium" weight="bold">
          <EntityRefLink
            entityRef={entityRef}
            defaultKind="component"
            title={title}
            hideIcon
            disableTooltip
          />
        </Text>
        <Text as="div" variant="body-small" color="secondary">
          {KINDS[kind] ?? kind}
          {ownerRef ? ` of ${nameOf(ownerRef)}` : ''}
        </Text>
      </div>
      <div>
        <Text as="div" variant="body-medium">
          {sentence(inLocalTime(message))}
        </Text>
        <Text as="div" variant="body-medium" color="secondary">
          {fix.url ? <WebLink href={fix.url}>{fix.text}</WebLink> : fix.text}
        </Text>
      </div>
    </>
  );
}

/** Where a hidden name stood first, a small letter does. */
function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
