import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text, TextField } from '@backstage/ui';
import {
  CreatedReportingCredential,
  ReportingCredential,
} from '@pavedroad/plugin-dora-common';
import {
  CsvValue,
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useState } from 'react';
import { doraApiRef } from '../api/DoraApi';
import { CsvButton } from './CsvButton';
import { EntityName } from './EntityName';
import { ScrollRegion } from './ScrollRegion';
import styles from './delivery.module.css';

/**
 * What the pipeline of a service reports its deployments with: made, shown once and revoked by owners of the service. Everybody else sees
 * nothing of it.
 */
export function ReportingSection({ entityRef }: { entityRef: string }) {
  const api = useApi(doraApiRef);
  const { data, error, reload } = useAsyncData(
    `dora/reporting-credentials/${entityRef}`,
    () => api.getReportingCredentials(entityRef),
  );
  const [label, setLabel] = useState('');
  const [made, setMade] = useState<CreatedReportingCredential>();
  const [pending, setPending] = useState(false);
  const [failed, setFailed] = useState<{ action: string; cause: Error }>();
  if (data && !data.mayManage) {
    return null;
  }
  const run = async (action: string, work: () => Promise<void>) => {
    setPending(true);
    setFailed(undefined);
    try {
      await work();
      reload();
    } catch (cause) {
      setFailed({ action, cause: cause as Error });
    }
    setPending(false);
  };
  const create = () =>
    run('No credential was made', async () => {
      setMade(
        await api.createReportingCredential(entityRef, label.trim() || 'CI'),
      );
      setLabel('');
    });
  const valid = data?.items.filter(({ revokedAt }) => !revokedAt) ?? [];
  const revoked = data?.items.filter(({ revokedAt }) => revokedAt) ?? [];
  return (
    <Section
      title="Reporting credentials"
      subtitle="What the pipeline reports deployments with. One is good for this service only, and opens nothing else."
      actions={
        data && data.items.length > 0 ? (
          <CsvButton
            name="reporting-credentials"
            of="reporting credentials"
            rows={() => data.items.map(csvRow)}
          />
        ) : undefined
      }
    >
      <Flex direction="column" gap="4">
        {error ? (
          <ErrorState
            action="The reporting credentials could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        {failed ? (
          <ErrorState action={failed.action} error={failed.cause} />
        ) : undefined}
        {made ? <Made credential={made} /> : undefined}
        {!data && !error ? (
          <LoadingSkeleton rows={2} label="Loading reporting credentials" />
        ) : undefined}
        {data ? (
          <form
            onSubmit={event => {
              event.preventDefault();
              create();
            }}
          >
            <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
              <TextField
                label="Where it is used"
                placeholder="CI"
                maxLength={120}
                value={label}
                onChange={setLabel}
              />
              <Button variant="secondary" type="submit" isDisabled={pending}>
                Make a credential
              </Button>
            </Flex>
          </form>
        ) : undefined}
        {data && valid.length === 0 && !made ? (
          <Text color="secondary">
            None is valid: the pipeline cannot report yet, unless it has a token
            of the platform team.
          </Text>
        ) : undefined}
        {valid.length > 0 ? (
          <ul className={styles.notes} aria-label="Valid credentials">
            {valid.map(credential => (
              <Valid
                key={credential.id}
                credential={credential}
                isDisabled={pending}
                onRevoke={() =>
                  run('The credential was not revoked', async () => {
                    await api.revokeReportingCredential(credential.id);
                    setMade(known =>
                      known?.id === credential.id ? undefined : known,
                    );
                  })
                }
              />
            ))}
          </ul>
        ) : undefined}
        {revoked.length > 0 ? (
          <details>
            <summary>Revoked ({revoked.length})</summary>
            <ul className={styles.notes} aria-label="Revoked credentials">
              {revoked.map(credential => (
                <li key={credential.id}>
                  <Text as="div">{credential.label}</Text>
                  <Text as="div" variant="body-small" color="secondary">
                    Revoked <DateTime value={credential.revokedAt ?? ''} /> by{' '}
                    <Author name={credential.revokedBy ?? ''} />
                    <LastUse credential={credential} />
                  </Text>
                </li>
              ))}
            </ul>
          </details>
        ) : undefined}
      </Flex>
    </Section>
  );
}

/** A credential as a row of a file; the token is known to nobody any more. */
function csvRow(credential: ReportingCredential): Record<string, CsvValue> {
  return {
    id: credential.id,
    service: credential.entityRef,
    label: credential.label,
    created_at: credential.createdAt,
    created_by: credential.createdBy,
    last_used_at: credential.lastUsedAt,
    revoked_at: credential.revokedAt,
    revoked_by: credential.revokedBy,
  };
}

function Made({ credential }: { credential: CreatedReportingCredential }) {
  const [copied, setCopied] = useState('');
  return (
    <Flex direction="column" gap="2" align="start">
      <StatusBadge level="warning">Shown once</StatusBadge>
      <Text>Give it to the CI system now, as the secret PORTAL_TOKEN.</Text>
      <ScrollRegion className={styles.code} label="The new credential">
        <pre data-testid="reporting-token">{credential.token}</pre>
      </ScrollRegion>
      <Button
        variant="primary"
        onPress={async () => {
          try {
            await navigator.clipboard.writeText(credential.token);
            setCopied('Copied.');
          } catch {
            // Browsers have no clipboard for pages without TLS, or when it is forbidden.
            setCopied(
              'It could not be copied: select it, and copy it yourself.',
            );
          }
        }}
      >
        Copy
      </Button>
      <div role="status">{copied}</div>
    </Flex>
  );
}

function Valid(props: {
  credential: ReportingCredential;
  isDisabled: boolean;
  onRevoke: () => void;
}) {
  const { credential, isDisabled, onRevoke } = props;
  const [asking, setAsking] = useState(false);
  return (
    <li>
      <Flex
        gap="3"
        align="center"
        justify="between"
        style={{ flexWrap: 'wrap' }}
      >
        <div>
          <Text as="div">{credential.label}</Text>
          <Text as="div" variant="body-small" color="secondary">
            Made <DateTime value={credential.createdAt} /> by{' '}
            <Author name={credential.createdBy} />
            <LastUse credential={credential} />
          </Text>
        </div>
        {asking ? (
          <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
            <Text>Whoever has it can report no more.</Text>
            <Button size="small" isDisabled={isDisabled} onPress={onRevoke}>
              Revoke it
            </Button>
            <Button
              size="small"
              variant="secondary"
              onPress={() => setAsking(false)}
            >
              Keep it
            </Button>
          </Flex>
        ) : (
          <Button
            size="small"
            variant="secondary"
            aria-label={`Revoke: ${credential.label}`}
            onPress={() => setAsking(true)}
          >
            Revoke
          </Button>
        )}
      </Flex>
    </li>
  );
}

/** A person by their name; programs have none but their own. */
function Author({ name }: { name: string }) {
  return name.startsWith('user:') ? (
    <EntityName entityRef={name} />
  ) : (
    <>{name}</>
  );
}

function LastUse({ credential }: { credential: ReportingCredential }) {
  return credential.lastUsedAt ? (
    <>
      {' · used '}
      <DateTime value={credential.lastUsedAt} />
    </>
  ) : (
    <>{' · never used'}</>
  );
}
