import { Checkbox, Text } from '@backstage/ui';
import type {
  ChangeConflict,
  ChangeConflictCode,
  ChangePreview,
} from '@pavedroad/plugin-oncall-common';
import { formatPlural, StatusBadge } from '@pavedroad/portal-ui';

import { formatInterval, namesOrNobody, partsOf } from '../words';
import { differencesOf } from './drafts';
import { useLevelNames } from './useChangeData';
import styles from './changes.module.css';

/** Each kind of warning once, with all that was found of it: what is accepted is the kind. Pure. */
export function warningsOf(
  preview: ChangePreview,
): { code: ChangeConflictCode; found: ChangeConflict[] }[] {
  const kinds = new Map<ChangeConflictCode, ChangeConflict[]>();
  for (const conflict of preview.conflicts) {
    if (conflict.severity === 'warning') {
      kinds.set(conflict.code, [...(kinds.get(conflict.code) ?? []), conflict]);
    }
  }
  return [...kinds].map(([code, found]) => ({ code, found }));
}

/** A message as a sentence of its own. */
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What conflicts of a kind say, each thing once, with how often: at most three. Pure. */
export function messagesOf(found: readonly { message: string }[]): string {
  const times = new Map<string, number>();
  for (const { message } of found) {
    times.set(message, (times.get(message) ?? 0) + 1);
  }
  const told = [...times].map(([message, count]) =>
    count > 1
      ? `${message.replace(/\.$/, '')} (${count} times).`
      : sentence(message),
  );
  const more = told.length - 3;
  return [
    ...told.slice(0, 3),
    ...(more > 0 ? [`And ${formatPlural(more, 'more', 'more')}.`] : []),
  ].join(' ');
}

/** What a change would do: who has which time before and after, what to know of, and who is told. */
export function Preview(props: {
  preview: ChangePreview;
  /** Set once it was done: then only what is different is told. */
  done?: boolean;
  accepted?: ChangeConflictCode[];
  onAccept?: (accepted: ChangeConflictCode[]) => void;
}) {
  const { preview, done = false, accepted = [], onAccept } = props;
  const levelName = useLevelNames();
  const refused = preview.conflicts.filter(c => c.severity === 'refused');
  const warnings = warningsOf(preview);
  return (
    <>
      {preview.schedules.map(({ schedule, from, before, after }) => {
        const differences = differencesOf(before, after);
        return (
          <div key={`${schedule.ref} ${from}`} className={styles.stack}>
            <Text as="h3" variant="body-medium" weight="bold">
              {schedule.title}
            </Text>
            {differences.length === 0 ? (
              <Text as="div" variant="body-medium">
                Nobody else would be on call than now.
              </Text>
            ) : (
              <ul
                className={styles.differences}
                aria-label={`What changes on ${schedule.title}`}
              >
                {differences.map(difference => (
                  <li
                    key={`${difference.level} ${difference.from}`}
                    className={styles.difference}
                  >
                    <span>
                      {levelName(schedule.ref, difference.level)},{' '}
                      {formatInterval(difference, schedule.timeZone)}{' '}
                      {schedule.timeZone}
                      {difference.breaks > 0 ? `: ${partsOf(difference)}` : ''}
                    </span>
                    <span className={styles.turn}>
                      <span>
                        {done ? 'Was' : 'Before'}:{' '}
                        <s>{namesOrNobody(difference.before)}</s>
                      </span>
                      <span>
                        {done ? 'Is now' : 'After'}:{' '}
                        <strong>{namesOrNobody(difference.after)}</strong>
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </div>
        );
      })}
      {!done && refused.length > 0 ? (
        <ul className={styles.conflicts} aria-label="Why it cannot be done">
          {refused.map(conflict => (
            <li
              key={`${conflict.code} ${conflict.scheduleRef} ${conflict.from}`}
            >
              <StatusBadge level="bad">This cannot be done</StatusBadge>
              <Text as="div" variant="body-medium">
                {sentence(conflict.message)}
              </Text>
            </li>
          ))}
        </ul>
      ) : undefined}
      {!done && warnings.length > 0 ? (
        <div className={styles.stack} role="group" aria-label="Warnings">
          {warnings.map(({ code, found }) => (
            <Checkbox
              key={code}
              isSelected={accepted.includes(code)}
              isDisabled={refused.length > 0}
              onChange={selected =>
                onAccept?.(
                  selected
                    ? [...accepted, code]
                    : accepted.filter(other => other !== code),
                )
              }
            >
              {`I know: ${messagesOf(found)}`}
            </Checkbox>
          ))}
        </div>
      ) : undefined}
      {preview.notified.length > 0 ? (
        <Text as="div" variant="body-medium" color="secondary">
          {done ? 'Told of it: ' : 'Will be told: '}
          {namesOrNobody(preview.notified)}
        </Text>
      ) : undefined}
    </>
  );
}
