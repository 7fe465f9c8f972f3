import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import type { OnCallContact } from '@pavedroad/plugin-oncall-common';
import { useAsyncData } from '@pavedroad/portal-ui';
import { useCallback } from 'react';
import { useSWRConfig } from 'swr';

import { onCallApiRef } from '../../api';
import { wholeShiftOf, type ShiftToChange } from './drafts';

const WEEK = 604_800_000;
/** How far ahead a schedule is looked through for people, and for shifts to swap. */
export const WEEKS_AHEAD = 8;

/** Somebody who can be chosen. */
export type Choice = Pick<OnCallContact, 'ref' | 'displayName'>;

/** Who may be asked to stand in on a schedule: those who take turns on it, and the members of the group that owns it. */
export function useStandIns(schedule: { scheduleRef: string } | undefined) {
  const api = useApi(onCallApiRef);
  const catalogApi = useApi(catalogApiRef);
  return useAsyncData(
    schedule && `oncall-stand-ins-${schedule.scheduleRef}`,
    async (): Promise<Choice[]> => {
      const now = Date.now();
      const { shifts, schedule: known } = await api.shifts(
        schedule?.scheduleRef ?? '',
        {
          from: new Date(now).toISOString(),
          to: new Date(now + WEEKS_AHEAD * WEEK).toISOString(),
        },
      );
      const members = known.ownerRef
        ? await catalogApi.getEntities({
            filter: {
              kind: 'User',
              'relations.memberOf': stringifyEntityRef(
                parseEntityRef(known.ownerRef, { defaultKind: 'group' }),
              ),
            },
            fields: ['kind', 'metadata', 'spec.profile'],
          })
        : { items: [] };
      const found = new Map<string, Choice>();
      for (const { person } of shifts) {
        if (!person.hidden) {
          found.set(person.ref, person);
        }
      }
      for (const user of members.items) {
        const ref = stringifyEntityRef(user);
        const profile = user.spec?.profile;
        const name =
          typeof profile === 'object' &&
          profile !== null &&
          'displayName' in profile &&
          typeof profile.displayName === 'string'
            ? profile.displayName
            : user.metadata.title ?? user.metadata.name;
        found.set(ref, found.get(ref) ?? { ref, displayName: name });
      }
      return [...found.values()].sort((a, b) =>
        a.displayName.localeCompare(b.displayName),
      );
    },
  );
}

/** Shifts longer than this on either side, in weeks, are as good as without end. */
const WEEKS_AROUND = 6;

/** The times of the whole shift that a piece of it belongs to; `whole` is `undefined` until known. */
export function useWholeShift(
  piece: Pick<
    ShiftToChange,
    'scheduleRef' | 'level' | 'person' | 'from' | 'to'
  >,
): {
  whole?: { from: string; to: string };
  error?: unknown;
  reload: () => void;
} {
  const api = useApi(onCallApiRef);
  const { scheduleRef, level, person, from, to } = piece;
  const key = `oncall-whole-${scheduleRef}-${level}-${person.ref}-${from}`;
  const { data, error, reload } = useAsyncData(key, async () => {
    const { shifts } = await api.shifts(scheduleRef, {
      from: new Date(Date.parse(from) - WEEKS_AROUND * WEEK).toISOString(),
      to: new Date(Date.parse(to) + WEEKS_AROUND * WEEK).toISOString(),
    });
    return { key, times: wholeShiftOf(shifts, piece) ?? { from, to } };
  });
  return {
    ...(data?.key === key ? { whole: data.times } : {}),
    ...(error ? { error } : {}),
    reload,
  };
}

/** What levels of schedules are called: `name(scheduleRef, level)`. */
export function useLevelNames(): (
  scheduleRef: string,
  level: number,
) => string {
  const api = useApi(onCallApiRef);
  const { data } = useAsyncData('oncall-everybody', () => api.everybodyNow());
  return useCallback(
    (scheduleRef, level) =>
      data?.schedules
        .find(({ schedule }) => schedule.ref === scheduleRef)
        ?.levels.find(known => known.level === level)?.name ?? `Level ${level}`,
    [data],
  );
}

/** Asks anew for everything about on-call that is on screen: after a change nothing may show who was on call before it. */
export function useRefreshOnCall(): () => Promise<void> {
  const { mutate } = useSWRConfig();
  return useCallback(async () => {
    await mutate(key => typeof key === 'string' && key.startsWith('oncall-'));
  }, [mutate]);
}
