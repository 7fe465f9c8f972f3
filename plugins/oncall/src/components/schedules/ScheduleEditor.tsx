import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  identityApiRef,
  useApi,
  useRouteRef,
} from '@backstage/frontend-plugin-api';
import { catalogApiRef, EntityRefLink } from '@backstage/plugin-catalog-react';
import { isError } from '@backstage/errors';
import {
  Button,
  ButtonLink,
  Link,
  Select,
  Switch,
  Text,
  TextAreaField,
  TextField,
} from '@backstage/ui';
import {
  isTimeZone,
  readScheduleSource,
  type ScheduleCheck,
  type ScheduleProposal,
  type ScheduleSource,
} from '@pavedroad/plugin-oncall-common';
import {
  EmptyState,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
  viewerTimeZone,
  WebLink,
} from '@pavedroad/portal-ui';
import { useEffect, useMemo, useState } from 'react';

import { onCallApiRef } from '../../api';
import { rootRouteRef } from '../../routes';
import type { Choice } from '../changes/useChangeData';
import { useEntityNames } from '../useEntityNames';
import { type FormContext, LevelsFields, nextMonday } from './LevelFields';
import {
  type Edit,
  editSource,
  newSource,
  readFields,
  rotationAt,
} from './scheduleDocument';
import { SchedulePreview } from './SchedulePreview';
import { SourceField } from './SourceField';
import styles from './schedules.module.css';

/** Whether what was typed can be asked for in the catalog. */
const isGroupRef = (text: string) => /^group:[^/\s]+\/[^/\s]+$/i.test(text);

/** Milliseconds after the last key before the back end is asked. */
const PAUSE = 500;

/** Creates a schedule, or changes one: a form and its YAML side by side, what it means, and the pull request. */
export function ScheduleEditor(props: { scheduleRef?: string }) {
  const { scheduleRef } = props;
  const api = useApi(onCallApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  const identity = useApi(identityApiRef);
  const { data, error, reload } = useAsyncData(
    `oncall-source-${scheduleRef ?? 'new'}`,
    async (): Promise<{
      source?: ScheduleSource;
      groups: string[];
      me: string;
    }> => {
      const me = await identity.getBackstageIdentity();
      const groups = me.ownershipEntityRefs.filter(
        ref => parseEntityRef(ref).kind.toLowerCase() === 'group',
      );
      return {
        groups,
        me: me.userEntityRef,
        ...(scheduleRef
          ? { source: await api.scheduleSource(scheduleRef) }
          : {}),
      };
    },
  );
  const back = (
    <ButtonLink variant="secondary" href={`${root}/schedules`}>
      All schedules
    </ButtonLink>
  );
  if (scheduleRef && isError(error) && statusOf(error) === 403) {
    return (
      <Section title="Not yours to change" actions={back}>
        <EmptyState
          title="Members of the group that owns it change this schedule"
          description="So do administrators. Ask one of them; who is on call, until when and who is next stands on the page of the schedule."
          action={
            <EntityRefLink
              entityRef={scheduleRef}
              defaultKind="oncallschedule"
              title="Open the schedule"
              hideIcon
              disableTooltip
            />
          }
        />
      </Section>
    );
  }
  if (error) {
    return (
      <ErrorState
        action="The schedule could not be opened for a change"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return (
      <LoadingSkeleton rows={8} rowHeight={40} label="Loading the schedule" />
    );
  }
  const { source } = data;
  if (source && !source.proposable) {
    return (
      <Section title="This schedule is changed elsewhere" actions={back}>
        <EmptyState
          title="The portal cannot open a pull request for it"
          description={`${source.reason}.`}
          action={
            source.url ? (
              <Link href={source.url} target="_blank" rel="noopener">
                Open its file
              </Link>
            ) : undefined
          }
        />
      </Section>
    );
  }
  const initial =
    source?.yaml ??
    newSource({
      name: 'new-schedule',
      owner: data.groups[0] ?? 'group:default/my-team',
      timeZone: viewerTimeZone(),
      participants: [data.me],
      start: nextMonday(),
    });
  return (
    <Editor
      initial={initial}
      groups={data.groups}
      {...(source ? { source } : {})}
    />
  );
}

function Editor(props: {
  initial: string;
  source?: ScheduleSource;
  groups: string[];
}) {
  const { initial, source, groups } = props;
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  const [text, setText] = useState(initial);
  const [keep, setKeep] = useState(true);
  const [cannotKeep, setCannotKeep] = useState(false);
  const fields = useMemo(() => readFields(text), [text]);
  const reading = useMemo(() => readScheduleSource(text), [text]);
  const check = useCheck(text);
  const people = usePeople();
  const nameOf = useEntityNames(
    [...groups, fields?.owner ?? ''].filter(isGroupRef),
  );
  const schedules = useSchedules();
  const edit = (edits: Edit[]) => setText(now => editSource(now, edits));

  // What the browser finds is there at once; warnings come from the back end, for the same text.
  const errors = reading.problems;
  const problems =
    check.text === text && check.answer ? check.answer.problems : errors;
  const valid = !problems.some(problem => problem.severity === 'error');
  const context: FormContext = {
    onEdit: edit,
    people,
    schedules: schedules.filter(({ ref }) => ref !== reading.scheduleRef),
    schedule: reading.schedule,
    keep: keep && source !== undefined,
    onCannotKeep: setCannotKeep,
  };
  const rotations =
    source &&
    reading.schedule?.levels.some((level, l) =>
      level.layers.some((_, i) => rotationAt(reading.schedule, l, i)),
    );
  return (
    <div className={styles.stack}>
      <div className={styles.columns}>
        <Section
          title={
            source
              ? `Change ${fields?.title || fields?.name || 'the schedule'}`
              : 'New schedule'
          }
          subtitle="The form and the YAML are the same document."
          actions={
            <ButtonLink
              size="small"
              variant="secondary"
              href={`${root}/schedules`}
            >
              All schedules
            </ButtonLink>
          }
        >
          {fields ? (
            <div className={styles.stack}>
              <div className={styles.row}>
                {source ? undefined : (
                  <TextField
                    label="Name"
                    description="Letters, digits and dashes; how services refer to it"
                    value={fields.name}
                    onChange={value => edit([{ path: 'metadata.name', value }])}
                  />
                )}
                <TextField
                  label="Title"
                  value={fields.title}
                  onChange={value =>
                    edit([
                      { path: 'metadata.title', value: value || undefined },
                    ])
                  }
                />
              </div>
              <div className={styles.row}>
                <Select
                  label="Owner"
                  search={{ placeholder: 'Group' }}
                  options={[...new Set([fields.owner, ...groups])]
                    .filter(Boolean)
                    .map(ref => ({ id: ref, label: nameOf(ref) }))}
                  selectedKey={fields.owner || null}
                  onSelectionChange={key =>
                    edit([{ path: 'spec.owner', value: String(key) }])
                  }
                />
                <TextField
                  label="Time zone"
                  description={
                    isTimeZone(fields.timeZone)
                      ? 'All local times below are in it'
                      : 'An IANA name, such as Europe/Lisbon'
                  }
                  isInvalid={!isTimeZone(fields.timeZone)}
                  value={fields.timeZone}
                  onChange={value => edit([{ path: 'spec.timeZone', value }])}
                />
              </div>
              {rotations ? (
                <Switch
                  className={styles.switch}
                  label="Keep today’s person when somebody joins or leaves"
                  isSelected={keep}
                  onChange={setKeep}
                />
              ) : undefined}
              {cannotKeep ? (
                <StatusBadge level="warning">
                  No start keeps today’s person; see the preview
                </StatusBadge>
              ) : undefined}
              <LevelsFields levels={fields.levels} context={context} />
            </div>
          ) : (
            <EmptyState
              title="The form waits"
              description="It shows the schedule again once the YAML beside it can be read."
            />
          )}
        </Section>
        <div className={styles.beside}>
          <div className={styles.preview}>
            <Section
              title="The next eight weeks"
              subtitle={
                check.answer?.preview
                  ? `Times in ${check.answer.preview.timeZone}, the schedule’s zone; overrides made in the portal included`
                  : undefined
              }
            >
              <Preview
                check={check}
                text={text}
                levels={fields?.levels ?? []}
              />
            </Section>
          </div>
          <Section
            title="YAML"
            subtitle={
              source ? (
                <Link href={source.url} target="_blank" rel="noopener">
                  The file it is kept in
                </Link>
              ) : (
                'What will be in the repository'
              )
            }
          >
            <SourceField value={text} onChange={setText} problems={problems} />
          </Section>
        </div>
      </div>
      <Propose
        key={source?.basedOn ?? 'new'}
        text={text}
        changed={text !== initial || !source}
        valid={valid}
        scheduleRef={reading.scheduleRef}
        ownerRef={reading.ownerRef}
        {...(source ? { source } : {})}
      />
    </div>
  );
}

function Preview(props: {
  check: CheckState;
  text: string;
  levels: { name: string }[];
}) {
  const { check, levels } = props;
  if (check.error) {
    return (
      <ErrorState
        action="The schedule could not be checked"
        error={check.error}
      />
    );
  }
  if (!check.answer) {
    return <LoadingSkeleton rows={3} label="Working out who is on call" />;
  }
  return check.answer.preview ? (
    <SchedulePreview
      preview={check.answer.preview}
      levelNames={levels.map(level => level.name)}
    />
  ) : (
    <Text as="div" variant="body-medium">
      They are shown once the errors named beside the YAML are mended.
    </Text>
  );
}

/** Opens the pull request: what it is called, where a new schedule goes, progress, and the link. */
function Propose(props: {
  text: string;
  changed: boolean;
  valid: boolean;
  scheduleRef: string | undefined;
  ownerRef: string | undefined;
  source?: ScheduleSource;
}) {
  const { text, changed, valid, scheduleRef, ownerRef, source } = props;
  const api = useApi(onCallApiRef);
  const [title, setTitle] = useState('');
  const [message, setMessage] = useState('');
  const [target, setTarget] = useState<string>();
  const [state, setState] = useState<
    | { step: 'idle' }
    | { step: 'working' }
    | { step: 'done'; text: string; proposal: ScheduleProposal }
    | { step: 'failed'; error: Error }
  >({ step: 'idle' });
  const name = scheduleRef?.split('/').pop();
  const { data: targets, error: targetError } = useAsyncData(
    source || !ownerRef || !name
      ? undefined
      : `oncall-targets-${ownerRef}-${name}`,
    () => api.scheduleTargets(ownerRef ?? '', name ?? ''),
  );
  const where = target ?? targets?.[0]?.url;
  const done = state.step === 'done' && state.text === text;
  const ready = changed && valid && !done && (source || where);
  const propose = async () => {
    setState({ step: 'working' });
    try {
      const proposal = await api.proposeSchedule({
        yaml: text,
        ...(source ? { basedOn: source.basedOn } : {}),
        ...(source || !where ? {} : { targetUrl: where }),
        ...(title.trim() ? { title: title.trim() } : {}),
        ...(message.trim() ? { message: message.trim() } : {}),
      });
      setState({ step: 'done', text, proposal });
    } catch (error) {
      setState({ step: 'failed', error: error as Error });
    }
  };
  return (
    <Section
      title="Propose it"
      subtitle="Opens a pull request; nothing changes before it is merged and the catalog has read it."
    >
      <div className={styles.stack}>
        {source ? undefined : (
          <Target
            targets={targets}
            error={targetError}
            value={where}
            onChange={setTarget}
          />
        )}
        <div className={styles.row}>
          <TextField
            label="Title of the pull request"
            placeholder={
              source
                ? 'Change the on-call schedule'
                : 'Add the on-call schedule'
            }
            value={title}
            onChange={setTitle}
          />
        </div>
        <TextAreaField
          label="Why"
          description="For whoever reviews it"
          value={message}
          onChange={setMessage}
        />
        <div className={styles.buttons}>
          <Button
            variant="primary"
            isDisabled={!ready || state.step === 'working'}
            onPress={propose}
          >
            Open pull request
          </Button>
        </div>
        <div role="status">
          {state.step === 'working'
            ? 'Writing a branch and opening the pull request…'
            : undefined}
          {done ? (
            <span className={styles.inline}>
              <StatusBadge level="good">
                {state.proposal.created
                  ? 'The pull request is open'
                  : 'This is proposed already'}
              </StatusBadge>
              <WebLink href={state.proposal.url}>
                Pull request {state.proposal.number}
              </WebLink>
            </span>
          ) : undefined}
          {!done && state.step !== 'working'
            ? hintOf({ changed, valid })
            : undefined}
        </div>
        {state.step === 'failed' ? (
          <ErrorState
            action="The pull request could not be opened"
            error={state.error}
          />
        ) : undefined}
      </div>
    </Section>
  );
}

function Target(props: {
  targets: { url: string; label: string; append: boolean }[] | undefined;
  error: unknown;
  value: string | undefined;
  onChange: (url: string) => void;
}) {
  const { targets, error, value, onChange } = props;
  if (error) {
    return (
      <ErrorState
        action="Where it can be kept could not be found out"
        error={error}
      />
    );
  }
  if (targets?.length === 0) {
    return (
      <Text as="div" variant="body-medium">
        Nothing says where schedules of this group are kept. The platform team
        sets <code>oncall.proposals.repository</code>, or you copy the YAML into
        a repository the catalog reads.
      </Text>
    );
  }
  return (
    <Select
      label="Kept in"
      options={(targets ?? []).map(({ url, label, append }) => ({
        id: url,
        label: append ? `${label} (with others)` : label,
      }))}
      selectedKey={value ?? null}
      onSelectionChange={key => onChange(String(key))}
    />
  );
}

function hintOf(state: { changed: boolean; valid: boolean }): string {
  if (!state.valid) {
    return 'Mend the errors first.';
  }
  return state.changed ? '' : 'Nothing is changed yet.';
}

type CheckState = {
  /** The text the answer is for. */
  text?: string;
  answer?: ScheduleCheck;
  error?: Error;
};

/** Asks the back end about a text, once typing pauses. The last answer stays while the next is on its way. */
function useCheck(text: string): CheckState {
  const api = useApi(onCallApiRef);
  const [state, setState] = useState<CheckState>({});
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      api.checkSchedule(text).then(
        answer => current && setState({ text, answer }),
        error => current && setState({ text, error: error as Error }),
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [api, text]);
  return state;
}

/** Everybody of the catalog, by name. */
function usePeople(): Choice[] {
  const catalog = useApi(catalogApiRef);
  const { data } = useAsyncData('oncall-all-people', async () => {
    const { items } = await catalog.getEntities({
      filter: { kind: 'User' },
      fields: ['kind', 'metadata', 'spec.profile'],
    });
    return items
      .map(user => {
        const profile = user.spec?.profile as
          | { displayName?: string }
          | undefined;
        return {
          ref: stringifyEntityRef(user),
          displayName:
            profile?.displayName ?? user.metadata.title ?? user.metadata.name,
        };
      })
      .sort((a, b) => a.displayName.localeCompare(b.displayName));
  });
  return data ?? [];
}

function useSchedules(): { ref: string; title: string }[] {
  const api = useApi(onCallApiRef);
  const { data } = useAsyncData('oncall-everybody-now', () =>
    api.everybodyNow(),
  );
  return (data?.schedules ?? [])
    .filter(({ schedule }) => schedule.provider === 'native')
    .map(({ schedule }) => ({ ref: schedule.ref, title: schedule.title }));
}

/** The HTTP status that an error of the server has. */
function statusOf(error: Error): number | undefined {
  return 'statusCode' in error ? Number(error.statusCode) : undefined;
}
