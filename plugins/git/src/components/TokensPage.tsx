import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  Container,
  Select,
  TextField,
} from '@backstage/ui';
import type {
  AccessToken,
  CreatedAccessToken,
} from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  LoadingSkeleton,
  PageHeader,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { FormEvent, useState } from 'react';
import { gitHostApiRef } from '../api';
import { rootRouteRef } from '../routes';
import { ConfirmDialog } from './ConfirmDialog';
import { CopyBox } from './CopyBox';
import styles from './styles.module.css';

const LIFETIMES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '366', label: 'A year' },
];
const SCOPES = [
  { value: 'write', label: 'Read and push' },
  { value: 'read', label: 'Read only' },
];

/** Makes, lists and revokes the user's access tokens. */
export function TokensPage() {
  const api = useApi(gitHostApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '/git';
  const { data, error, reload } = useAsyncData('git-tokens', () =>
    api.listTokens(),
  );
  const [created, setCreated] = useState<CreatedAccessToken>();
  return (
    <>
      <PageHeader
        title="Access tokens"
        subtitle="Passwords for git, each for one place, each with an end"
        actions={
          <ButtonLink href={root} variant="secondary">
            Repositories
          </ButtonLink>
        }
      />
      <Container>
        <div className={styles.stack}>
          {created ? <Created token={created} /> : undefined}
          <Section title="New token">
            <CreateForm
              taken={(data ?? []).filter(isLive).map(({ name }) => name)}
              onCreated={token => {
                setCreated(token);
                reload();
              }}
            />
          </Section>
          <Section title="Your tokens">
            {error ? (
              <ErrorState
                action="Your tokens could not be loaded"
                error={error}
                onRetry={reload}
              />
            ) : undefined}
            {!data && !error ? (
              <LoadingSkeleton
                rows={3}
                rowHeight={36}
                label="Loading your tokens"
              />
            ) : undefined}
            {data?.length === 0 ? (
              <EmptyState
                title="No tokens yet"
                description="Make one above when git asks you for a password."
              />
            ) : undefined}
            {data && data.length > 0 ? (
              <TokenList
                tokens={data}
                onRevoked={id => {
                  if (created?.id === id) {
                    setCreated(undefined);
                  }
                  reload();
                }}
              />
            ) : undefined}
          </Section>
        </div>
      </Container>
    </>
  );
}

function isLive(token: AccessToken): boolean {
  return !token.revokedAt && Date.parse(token.expiresAt) > Date.now();
}

function Created(props: { token: CreatedAccessToken }) {
  return (
    <div role="status">
      <Alert
        status="success"
        icon
        title={`The token ${props.token.name} is ready. Copy it now: it is not shown again.`}
        description={
          <div className={styles.stack}>
            <CopyBox text={props.token.token} what="access token" />
            <span>
              Give it to git as the password, with any user name. Whoever has it
              can act for you until <DateTime value={props.token.expiresAt} />.
            </span>
          </div>
        }
      />
    </div>
  );
}

function CreateForm(props: {
  taken: string[];
  onCreated: (token: CreatedAccessToken) => void;
}) {
  const { taken, onCreated } = props;
  const api = useApi(gitHostApiRef);
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [scope, setScope] = useState('write');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const trimmed = name.trim();
  let problem: string | undefined;
  if (taken.includes(trimmed)) {
    problem = 'You have a token of this name already';
  } else if (trimmed.length > 100) {
    problem = 'A name has at most 100 characters';
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (trimmed === '' || problem) {
      return;
    }
    setPending(true);
    setError(undefined);
    try {
      onCreated(
        await api.createToken({
          name: trimmed,
          expiresInDays: Number(days),
          scopes: scope === 'write' ? ['read', 'write'] : ['read'],
        }),
      );
      setName('');
    } catch (caught) {
      setError(caught);
    } finally {
      setPending(false);
    }
  };

  return (
    <form onSubmit={submit}>
      <div className={styles.stack}>
        {error ? (
          <ErrorState action="The token could not be made" error={error} />
        ) : undefined}
        <div className={styles.form}>
          <TextField
            label="Name"
            description={
              problem ?? 'Where you will use it, such as "work laptop"'
            }
            isInvalid={problem !== undefined}
            value={name}
            onChange={setName}
            isRequired
          />
          <Select
            label="May"
            options={SCOPES}
            selectedKey={scope}
            onSelectionChange={key => setScope(String(key))}
          />
          <Select
            label="Ends after"
            options={LIFETIMES}
            selectedKey={days}
            onSelectionChange={key => setDays(String(key))}
          />
        </div>
        <div>
          <Button
            type="submit"
            isPending={isPending}
            isDisabled={trimmed === '' || problem !== undefined}
          >
            Make token
          </Button>
        </div>
      </div>
    </form>
  );
}

function TokenList(props: {
  tokens: AccessToken[];
  onRevoked: (id: string) => void;
}) {
  const api = useApi(gitHostApiRef);
  const [revoking, setRevoking] = useState<AccessToken>();
  return (
    <>
      <ul className={styles.list}>
        {props.tokens.map(token => (
          <li key={token.id} className={styles.row}>
            <div className={styles.rowMain}>
              <span>
                <strong>{token.name}</strong>{' '}
                <code className={styles.mono}>{token.hint}…</code>{' '}
                <TokenBadge token={token} />
              </span>
              <span className={styles.secondary}>
                {token.scopes.includes('write')
                  ? 'Reads and pushes'
                  : 'Reads only'}
                {', ends '}
                <DateTime value={token.expiresAt} relative />
                {token.lastUsedAt ? (
                  <>
                    {', last used '}
                    <DateTime value={token.lastUsedAt} relative />
                  </>
                ) : (
                  ', never used'
                )}
              </span>
            </div>
            {isLive(token) ? (
              <Button
                size="small"
                variant="secondary"
                aria-label={`Revoke ${token.name}`}
                onPress={() => setRevoking(token)}
              >
                Revoke
              </Button>
            ) : undefined}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        isOpen={revoking !== undefined}
        title={`Revoke the token ${revoking?.name ?? ''}?`}
        confirm="Revoke token"
        destructive
        onClose={() => setRevoking(undefined)}
        onConfirm={async () => {
          if (revoking) {
            await api.revokeToken(revoking.id);
            props.onRevoked(revoking.id);
          }
        }}
      >
        Whatever uses it can no longer clone or push, at once and for good.
      </ConfirmDialog>
    </>
  );
}

function TokenBadge(props: { token: AccessToken }) {
  if (props.token.revokedAt) {
    return <StatusBadge level="bad">Revoked</StatusBadge>;
  }
  return isLive(props.token) ? (
    <StatusBadge level="good">In force</StatusBadge>
  ) : (
    <StatusBadge level="warning">Expired</StatusBadge>
  );
}
