import { useState } from 'react';
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Select,
  Text,
} from '@backstage/ui';
import {
  ManageableSubscriber,
  Subscription,
  SUBSCRIPTION_KINDS,
  SubscriptionKind,
  SubscriptionRequest,
} from '@pavedroad/plugin-dora-common';
import {
  ErrorState,
  LoadingSkeleton,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { EntityName } from '../components/EntityName';
import { KIND_WORDS } from './kinds';
import styles from './notify.module.css';

/** What is chosen for one subscriber. */
interface Choice {
  kinds: SubscriptionKind[];
  timeZone: string;
}

/** The choices a reader makes; stays open when they could not be kept. */
export function NotifyDialog(props: {
  scopeEntityRef?: string;
  /** Absent while it is being asked for. */
  subscribers?: ManageableSubscriber[];
  items?: Subscription[];
  error?: unknown;
  onRetry: () => void;
  onSave: (request: SubscriptionRequest) => Promise<void>;
  onClose: () => void;
}) {
  const { scopeEntityRef, subscribers, items = [], onClose } = props;
  const [chosen, setChosen] = useState<string>();
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const [isPending, setPending] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const subscriber =
    subscribers?.find(({ ref }) => ref === chosen) ?? subscribers?.[0];
  const standing = (ref: string): Choice => {
    const own = items.filter(item => item.subscriber === ref);
    return {
      kinds: own.map(({ kind }) => kind),
      timeZone: own[0]?.timeZone ?? viewerTimeZone(),
    };
  };
  const choice =
    subscriber && (choices[subscriber.ref] ?? standing(subscriber.ref));
  const others = othersInWords(
    items,
    subscribers?.filter(({ ref }) => ref !== subscriber?.ref) ?? [],
  );
  const choose = (change: Partial<Choice>) => {
    if (subscriber && choice) {
      setChoices({ ...choices, [subscriber.ref]: { ...choice, ...change } });
    }
  };

  const save = async () => {
    setPending(true);
    setFailure(undefined);
    try {
      for (const [ref, { kinds, timeZone }] of Object.entries(choices)) {
        await props.onSave({
          subscriber: ref,
          ...(scopeEntityRef && { entityRef: scopeEntityRef }),
          kinds,
          timeZone,
        });
      }
      onClose();
    } catch (error) {
      setFailure(error);
      setPending(false);
    }
  };

  return (
    <Dialog
      isOpen
      isDismissable={!isPending}
      isKeyboardDismissDisabled={isPending}
      onOpenChange={open => {
        if (!open && !isPending) {
          onClose();
        }
      }}
      width={520}
    >
      <DialogHeader>
        Notifications about{' '}
        {scopeEntityRef ? (
          <EntityName entityRef={scopeEntityRef} />
        ) : (
          'everything'
        )}
      </DialogHeader>
      <DialogBody>
        <div className={styles.stack}>
          {props.error && !subscribers ? (
            <ErrorState
              action="Your notifications could not be read"
              error={props.error}
              onRetry={props.onRetry}
            />
          ) : undefined}
          {!subscribers && !props.error ? (
            <LoadingSkeleton rows={4} />
          ) : undefined}
          {subscribers && !subscriber ? (
            <Text as="div">
              Notifications are for people and groups of the catalog, and you
              are signed in as neither.
            </Text>
          ) : undefined}
          {subscribers && subscriber && choice ? (
            <>
              {subscribers.length > 1 ? (
                <Select
                  label="Tell"
                  options={subscribers.map(({ ref, displayName }, index) => ({
                    id: ref,
                    label: index === 0 ? `Me (${displayName})` : displayName,
                  }))}
                  selectedKey={subscriber.ref}
                  onSelectionChange={key => setChosen(String(key))}
                  isDisabled={isPending}
                />
              ) : undefined}
              {others ? (
                <Text as="div" color="secondary">
                  {others}
                </Text>
              ) : undefined}
              <CheckboxGroup
                label="What about"
                value={choice.kinds}
                onChange={kinds =>
                  choose({ kinds: kinds as SubscriptionKind[] })
                }
                isDisabled={isPending}
              >
                {SUBSCRIPTION_KINDS.map(kind => (
                  <div key={kind}>
                    <Checkbox value={kind} aria-describedby={`notify-${kind}`}>
                      {KIND_WORDS[kind].title}
                    </Checkbox>
                    <Text
                      as="div"
                      color="secondary"
                      id={`notify-${kind}`}
                      className={styles.when}
                    >
                      {KIND_WORDS[kind].when}
                    </Text>
                  </div>
                ))}
              </CheckboxGroup>
              <Select
                label="Time zone"
                options={zones(choice.timeZone).map(zone => ({
                  id: zone,
                  label: zone,
                }))}
                search={{ placeholder: 'Find a zone' }}
                selectedKey={choice.timeZone}
                onSelectionChange={key => choose({ timeZone: String(key) })}
                isDisabled={isPending}
              />
              <Text as="div" color="secondary">
                {subscriber.kind === 'group'
                  ? `Everybody in ${subscriber.displayName} is told. Each member can mute a topic in the settings of notifications.`
                  : 'You can mute a topic at any time in the settings of notifications.'}
              </Text>
            </>
          ) : undefined}
          {failure ? (
            <ErrorState action="Not everything was kept" error={failure} />
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" isDisabled={isPending} onPress={onClose}>
          Cancel
        </Button>
        <Button
          variant="primary"
          isPending={isPending}
          isDisabled={Object.keys(choices).length === 0}
          onPress={save}
        >
          Save
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

/** Who else is told about the scope, so that nobody asks for what their group has. */
function othersInWords(
  items: Subscription[],
  others: ManageableSubscriber[],
): string | undefined {
  const told = others.flatMap(({ ref, displayName }) => {
    const kinds = items
      .filter(({ subscriber }) => subscriber === ref)
      .map(({ kind }) => KIND_WORDS[kind].title.toLocaleLowerCase('en'));
    return kinds.length > 0 ? `${displayName} (${kinds.join(', ')})` : [];
  });
  return told.length > 0 ? `Told already: ${told.join('; ')}.` : undefined;
}

/** All zones the browser knows, and the one that is chosen. */
function zones(chosen: string): string[] {
  return [
    ...new Set([chosen, 'UTC', ...Intl.supportedValuesOf('timeZone')]),
  ].sort();
}
