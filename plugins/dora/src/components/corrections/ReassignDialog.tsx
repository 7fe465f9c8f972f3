import { useState } from 'react';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Radio,
  RadioGroup,
  Select,
  Text,
} from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  changesKnown,
  DeploymentAttribution,
} from '@pavedroad/plugin-dora-common';
import {
  EmptyState,
  ErrorState,
  formatDateTime,
  formatPlural,
  LoadingSkeleton,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import { doraApiRef } from '../../api/DoraApi';
import { shortRevision } from '../../words/deployment';
import { UNDO_REASON } from './BlameDialog';
import { correctionNotice } from '../../words/corrections';
import { CorrectionDialog } from './CorrectionDialog';
import { CorrectionDone } from './useCorrections';
import { WhoMay } from './WhoMay';

/** How far back a deployment is looked for that a failure may be put down to. */
const LOOK_BACK_DAYS = 90;
const MOST_DEPLOYMENTS = 100;

/** A failure whose cause is to be named anew. */
export interface Reassignment {
  serviceRef: string;
  /** An environment of the service, or a tier. */
  environment: string;
  cause: DeploymentAttribution['cause'] & {
    kind: 'incident' | 'rollback' | 'fix';
  };
  /** What it is, in words. */
  what: string;
  /** ISO instant; deployments after it cannot have caused it. */
  at: string;
  /** The deployment that it is put down to now. */
  currentId?: string;
  /** Whether it is said already that none is to blame. */
  noneNow?: boolean;
  effects: (blamed: 'another' | 'none') => string[];
}

/** Puts a failure down to a deployment that is chosen, or to none. Tells those who may not who may. */
export function ReassignDialog(props: {
  task: Reassignment;
  timeZone: string;
  onDone: (done: CorrectionDone) => Promise<void>;
  onClose: () => void;
}) {
  const { task, timeZone, onDone, onClose } = props;
  const api = useApi(doraApiRef);
  const at = DateTime.fromISO(task.at, { zone: 'UTC' });
  const query = {
    entityRef: task.serviceRef,
    kind: 'change' as const,
    from: at.minus({ days: LOOK_BACK_DAYS }).toISO()!,
    // Up to and with the moment itself.
    to: at.plus({ milliseconds: 1 }).toISO()!,
    timeZone: 'UTC',
    environment: task.environment,
    limit: MOST_DEPLOYMENTS,
  };
  const found = useAsyncData(
    `dora/candidates ${JSON.stringify([query, task.currentId])}`,
    async () => {
      const { items } = await api.getDeployments(query);
      const known = task.currentId ?? items[0]?.id;
      const allowed = known
        ? (await api.getDeployment(known)).permissions?.attribute ?? false
        : false;
      return { items, known, allowed };
    },
  );
  const [how, setHow] = useState<'another' | 'none'>('another');
  const [chosen, setChosen] = useState<string>();
  const candidates = (found.data?.items ?? []).filter(
    ({ id }) => id !== task.currentId,
  );
  const title = task.currentId
    ? 'Put it down to another deployment, or to none'
    : 'Say what caused it';

  if (!found.data?.allowed) {
    return (
      <Dialog isOpen isDismissable onOpenChange={onClose} width={560}>
        <DialogHeader>{title}</DialogHeader>
        <DialogBody>
          <Text as="p">{task.what}</Text>
          {found.isLoading ? (
            <LoadingSkeleton rows={3} label="Loading deployments" />
          ) : undefined}
          {found.error ? (
            <ErrorState
              action="Deployments could not be loaded"
              error={found.error}
              onRetry={found.reload}
            />
          ) : undefined}
          {found.data && !found.data.known ? (
            <EmptyState
              title="No deployment to name"
              description={`The service has none in the ${LOOK_BACK_DAYS} days before.`}
            />
          ) : undefined}
          {found.data?.known ? (
            <WhoMay serviceRef={task.serviceRef} />
          ) : undefined}
        </DialogBody>
        <DialogFooter>
          <Button variant="secondary" onPress={onClose}>
            Close
          </Button>
        </DialogFooter>
      </Dialog>
    );
  }

  const target = how === 'another' ? chosen : found.data.known;
  const submit = async (reason: string) => {
    const correction = await api.attribute(target!, {
      cause: { kind: task.cause.kind, id: task.cause.id },
      ...(how === 'none' && { noneToBlame: true }),
      reason,
    });
    const [id] = correction.attributionIds;
    await onDone(
      correction.recorded
        ? correctionNotice(
            correction.pending,
            how === 'none'
              ? 'It is put down to no deployment.'
              : 'It is put down to the deployment that you chose.',
            async () => {
              await api.withdraw(target!, id, UNDO_REASON);
              return 'Undone. It is put down to what it was before.';
            },
          )
        : { message: 'It was so already; nothing was changed.' },
    );
  };
  return (
    <CorrectionDialog
      title={title}
      confirm={how === 'none' ? 'Blame no deployment' : 'Put it down to it'}
      ready={target !== undefined}
      effects={how === 'another' && !chosen ? [] : task.effects(how)}
      onConfirm={submit}
      onClose={onClose}
    >
      <Text as="p" style={{ margin: 0 }}>
        {task.what}
      </Text>
      <RadioGroup
        label="What caused it"
        value={how}
        onChange={value => setHow(value as typeof how)}
      >
        <Radio value="another" isDisabled={candidates.length === 0}>
          {task.currentId ? 'Another deployment' : 'A deployment'}
        </Radio>
        <Radio value="none" isDisabled={task.noneNow}>
          No deployment is to blame
        </Radio>
      </RadioGroup>
      {how === 'another' && candidates.length > 0 ? (
        <Select
          label="Deployment"
          description={`Deployments that brought a change in the ${LOOK_BACK_DAYS} days before, newest first.`}
          placeholder="Choose one"
          search={{ placeholder: 'Find by date or revision' }}
          options={candidates.map(item => ({
            id: item.id,
            label: `${formatDateTime(
              item.finishedAt,
              timeZone,
            )}, ${shortRevision(item.revision)}, ${
              changesKnown(item)
                ? formatPlural(item.changes, 'change')
                : 'changes not known'
            }`,
          }))}
          selectedKey={chosen ?? null}
          onSelectionChange={key => setChosen(String(key))}
        />
      ) : undefined}
      {how === 'another' && candidates.length === 0 ? (
        <Text as="p" color="secondary">
          There is no other deployment in the {LOOK_BACK_DAYS} days before.
        </Text>
      ) : undefined}
    </CorrectionDialog>
  );
}
