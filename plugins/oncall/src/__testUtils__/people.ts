import type {
  OnCallContact,
  ResolvedShift,
  ScheduleSummary,
} from '@pavedroad/plugin-oncall-common';

/** For tests: people of one team, and their schedule. */
export const [ines, tomas, nadia]: OnCallContact[] = [
  ['ines', 'Inês Duarte'],
  ['tomas', 'Tomás Reis'],
  ['nadia', 'Nadia Haddad'],
].map(([name, displayName]) => ({
  ref: `user:default/${name}`,
  displayName,
  known: true,
  links: [],
}));

export const payments: ScheduleSummary = {
  ref: 'oncallschedule:default/payments',
  title: 'Payments on call',
  ownerRef: 'group:default/payments',
  timeZone: 'UTC',
  provider: 'native',
};

/** An instant some days from now, on the full hour. */
export function inDays(days: number): string {
  const hour = 3_600_000;
  return new Date(
    Math.floor(Date.now() / hour) * hour + days * 24 * hour,
  ).toISOString();
}

/** A shift of a person, from and until some days from now. */
export function shiftOf(
  person: OnCallContact,
  from: number,
  to: number,
  level = 1,
): ResolvedShift {
  return { level, person, from: inDays(from), to: inDays(to) };
}
