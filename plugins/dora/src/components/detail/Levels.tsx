import { OnCallLevelAnswer } from '@pavedroad/plugin-dora-common';
import { EntityLink } from '../EntityName';
import styles from './detail.module.css';

/** People by escalation level. A name that is kept from the reader leads nowhere. */
export function Levels({
  levels,
}: {
  /** Absent: not known. */
  levels: OnCallLevelAnswer[] | undefined;
}) {
  if (!levels) {
    return <>The portal does not know</>;
  }
  const staffed = levels.filter(({ userRefs }) => userRefs.length > 0);
  if (staffed.length === 0) {
    return <>Nobody</>;
  }
  return (
    <ul className={styles.plain}>
      {staffed.map(({ level, userRefs, people }) => (
        <li key={level}>
          {staffed.length > 1 ? `Level ${level}: ` : ''}
          {userRefs.map((ref, i) => {
            const person = people?.[i];
            return (
              <span key={ref}>
                {i > 0 ? ', ' : ''}
                {person?.hidden ? (
                  person.displayName
                ) : (
                  <EntityLink entityRef={ref} title={person?.displayName} />
                )}
              </span>
            );
          })}
        </li>
      ))}
    </ul>
  );
}
