import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Avatar, ButtonLink, Link, Text } from '@backstage/ui';
import type {
  OnCallContact,
  OnCallNowLevel,
  OnCallNowPerson,
} from '@pavedroad/plugin-oncall-common';
import { StatusBadge, isWebAddress } from '@pavedroad/portal-ui';

import styles from './styles.module.css';
import { When } from './When';
import { calledFirst, isContactAddress } from './words';

/** A person by name; a link where the catalog knows them and their name is not hidden. */
export function PersonName(props: {
  person: Pick<OnCallContact, 'ref' | 'displayName' | 'known' | 'hidden'>;
}) {
  const { ref, displayName, known, hidden } = props.person;
  return known && !hidden ? (
    <EntityRefLink
      entityRef={ref}
      defaultKind="user"
      title={displayName}
      hideIcon
      disableTooltip
    />
  ) : (
    <span>{displayName}</span>
  );
}

/** Names in a row: "Ana, Bo and Cy". */
export function namesOf(people: { displayName: string }[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(
    people.map(p => p.displayName),
  );
}

/** Telephone numbers first: nothing else wakes anybody. */
const isCall = (link: { url: string }) => /^(tel|sms):/i.test(link.url);

/** Ways to reach somebody: each one tap away, large enough for a thumb. */
export function Contacts(props: {
  person: OnCallContact;
  /** Whether to call somebody else first. */
  later?: boolean;
}) {
  const { displayName, email } = props.person;
  const links = props.person.links.filter(({ url }) => isContactAddress(url));
  if (links.length === 0 && !email) {
    return (
      <Text as="div" variant="body-small" color="secondary">
        No contact is known
      </Text>
    );
  }
  return (
    <div className={styles.contacts}>
      {[...links.filter(isCall), ...links.filter(link => !isCall(link))].map(
        link => (
          <ButtonLink
            key={link.url}
            size="small"
            variant={isCall(link) && !props.later ? 'primary' : 'secondary'}
            href={link.url}
            target={isWebAddress(link.url) ? '_blank' : undefined}
            rel="noopener"
            aria-label={
              isCall(link) ? `Call ${displayName}: ${link.title}` : undefined
            }
          >
            {link.title}
          </ButtonLink>
        ),
      )}
      {email ? <Link href={`mailto:${email}`}>{email}</Link> : undefined}
    </div>
  );
}

function Person(props: { person: OnCallNowPerson; later: boolean }) {
  const { person, later } = props;
  return (
    <li className={styles.person}>
      <Avatar
        src={person.picture ?? ''}
        name={person.displayName}
        size="small"
        purpose="decoration"
      />
      <div>
        <Text as="div" variant="body-medium" weight="bold">
          <PersonName person={person} />
        </Text>
        {person.replaces ? (
          <Text as="div" variant="body-small" color="secondary">
            In place of {person.replaces.displayName}
          </Text>
        ) : undefined}
        {person.known || person.hidden ? undefined : (
          <Text as="div" variant="body-small" color="secondary">
            Not in the catalog, so no contact is known
          </Text>
        )}
        {person.hidden ? (
          <Text as="div" variant="body-small" color="secondary">
            Names are shown to members of the group. Page them instead.
          </Text>
        ) : (
          <Contacts person={person} later={later} />
        )}
      </div>
    </li>
  );
}

/** An empty level; quiet when the notice above says already that nobody is on call at all. */
function Nobody(props: { loud: boolean }) {
  return props.loud ? (
    <StatusBadge level="bad">Nobody is on call</StatusBadge>
  ) : (
    <Text as="div" variant="body-medium">
      Nobody
    </Text>
  );
}

/** Escalation levels of a schedule: who, until when, and who comes next. */
export function LevelList(props: {
  levels: OnCallNowLevel[];
  /** IANA zone of the schedule. */
  timeZone: string;
  /** Empty levels that come before these and are listed elsewhere. */
  passedOver?: OnCallNowLevel[];
  /** What the list is called, where it is not all levels. */
  label?: string;
  /** Whether anybody at all is on call on the schedule; of these levels unless told. */
  somebody?: boolean;
  /** Whether others are called before all of these. */
  later?: boolean;
}) {
  const somebody =
    props.somebody ?? props.levels.some(level => level.people.length > 0);
  const first = props.levels.findIndex(level => level.people.length > 0);
  const empty = [
    ...(props.passedOver ?? []),
    ...props.levels.slice(0, Math.max(0, first)),
  ];
  return (
    <ol
      className={styles.levels}
      aria-label={props.label ?? 'Escalation levels'}
    >
      {props.levels.map((level, index) => (
        <li key={level.level}>
          <Text as="div" variant="body-small" color="secondary">
            {level.name}
          </Text>
          {index === first && empty.length > 0 && !props.later ? (
            <Text as="div" variant="body-medium" weight="bold">
              {calledFirst(empty)}
            </Text>
          ) : undefined}
          {level.people.length === 0 ? (
            <Nobody loud={somebody} />
          ) : (
            <ul className={styles.people} aria-label={`On call: ${level.name}`}>
              {level.people.map(person => (
                <Person
                  key={person.ref}
                  person={person}
                  later={props.later === true || index > first}
                />
              ))}
            </ul>
          )}
          <Text as="div" variant="body-small" className={styles.headline}>
            {level.until ? (
              <>
                {level.people.length > 0 ? 'Until ' : 'Nobody until '}
                <When value={level.until} scheduleZone={props.timeZone} />
              </>
            ) : (
              'No change in sight'
            )}
          </Text>
          {level.next ? (
            <Text
              as="div"
              variant="body-small"
              color="secondary"
              className={styles.headline}
            >
              Next: {namesOf(level.next.people)}
              {level.next.from === level.until ? undefined : (
                <>
                  {', from '}
                  <When value={level.next.from} scheduleZone={props.timeZone} />
                </>
              )}
            </Text>
          ) : undefined}
        </li>
      ))}
    </ol>
  );
}
