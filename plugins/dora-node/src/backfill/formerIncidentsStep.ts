import { LoggerService } from '@backstage/backend-plugin-api';
import { objectAt } from '../reading';
import { RawDeliveryEvent } from '../types';
import { ApiClient, ApiError } from './ApiClient';
import { BackfillPage, BackfillStep } from './Backfill';

/** Those of a page are asked for one by one. */
const ASKED_AT_ONCE = 20;
/** Incidents that are read of a listing; others are asked for one by one. */
const MOST_LISTED = 20_000;

/**
 * Finds issues that were incidents of a repository and are not any more: no listing of what changed tells of those that
 * lost their label, were transferred or deleted. Whatever is an incident now is listed, a hundred to a request, and those that are
 * known and missing there are asked for by their number. Costs nothing where no incident is known.
 *
 * @param options - `known` are those of earlier rounds, `undefined` where none looked yet: then it only remembers what there is.
 *   `listings` are the first pages of what together holds every incident of now. `ask` says what became of one, and `undefined`
 *   when it is an incident still or nobody can say
 * @public
 */
export function formerIncidentsStep(options: {
  client: ApiClient;
  known: readonly number[] | undefined;
  slug: string;
  nothing: readonly number[];
  listings: () => Promise<string[]>;
  numberOf: (item: { [key: string]: unknown }) => unknown;
  ask: (number: number) => Promise<RawDeliveryEvent[] | undefined>;
  logger: LoggerService;
}): BackfillStep {
  const { client, known, slug, nothing, listings, ask, logger } = options;
  const name = 'former incidents';
  const list = async (): Promise<Set<number> | undefined> => {
    try {
      const numbers = new Set<number>();
      for (const url of await listings()) {
        for (const item of await client.all(url, MOST_LISTED)) {
          const number = options.numberOf(objectAt(item));
          if (Number.isSafeInteger(number)) {
            numbers.add(number as number);
          }
        }
      }
      return numbers;
    } catch (error) {
      if (error instanceof ApiError && nothing.includes(error.status)) {
        logger.warn(`${name} of ${slug} are not looked for: ${error.message}`);
        return undefined;
      }
      throw error;
    }
  };
  let listed: ReturnType<typeof list> | undefined;
  return {
    name,
    page: async (cursor): Promise<BackfillPage> => {
      if (known?.length === 0) {
        return { events: [] };
      }
      listed ??= list();
      const present = await listed;
      if (!present) {
        return { events: [] };
      }
      if (!known) {
        return { events: [], incidents: { found: [...present], all: true } };
      }
      const after = Number(cursor ?? -1);
      const missing = known
        .filter(number => number > after && !present.has(number))
        .sort((a, b) => a - b);
      const asked = missing.slice(0, ASKED_AT_ONCE);
      const events: RawDeliveryEvent[] = [];
      const former: number[] = [];
      for (const number of asked) {
        const became = await ask(number);
        if (became) {
          events.push(...became);
          former.push(number);
        }
      }
      return {
        events,
        incidents: { former },
        ...(missing.length > asked.length && { next: String(asked.at(-1)) }),
      };
    },
  };
}
