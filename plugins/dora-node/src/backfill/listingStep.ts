import { LoggerService } from '@backstage/backend-plugin-api';
import { objectAt } from '../reading';
import { RawDeliveryEvent } from '../types';
import { ApiClient, ApiError, itemsOf } from './ApiClient';
import { BackfillPage, BackfillStep } from './Backfill';

type Fields = { [key: string]: unknown };

/**
 * A listing of an API read page by page, until it has nothing new or reaches what is old.
 *
 * @param options - `url` of the first page; `slug` of the repository, for the log; `nothing`: statuses that mean there is nothing to read, or no right to;
 *   `incidentsAmong`: numbers of those items that are incidents, to be remembered
 * @public
 */
export function listingStep(options: {
  client: ApiClient;
  name: string;
  url: string;
  slug: string;
  nothing: readonly number[];
  read: (items: Fields[]) => Promise<RawDeliveryEvent[]>;
  isOld?: (item: Fields) => boolean;
  incidentsAmong?: (items: Fields[]) => number[];
  logger: LoggerService;
}): BackfillStep {
  const { client, name, url, slug, read, logger } = options;
  const isOld = options.isOld ?? (() => false);
  return {
    name,
    page: async (cursor): Promise<BackfillPage> => {
      let page;
      try {
        page = await client.page(
          cursor && URL.canParse(cursor) ? ownUrl(cursor, url) : url,
        );
      } catch (error) {
        if (
          error instanceof ApiError &&
          options.nothing.includes(error.status)
        ) {
          logger.warn(`${name} of ${slug} are left out: ${error.message}`);
          return { events: [] };
        }
        throw error;
      }
      const items = itemsOf(page.body).map(objectAt);
      const last = items.at(-1);
      const fresh = items.filter(item => !isOld(item));
      return {
        events: await read(fresh),
        ...(options.incidentsAmong && {
          incidents: { found: options.incidentsAmong(fresh) },
        }),
        ...(page.next && last && !isOld(last) && { next: page.next }),
      };
    },
  };
}

/** A kept place, unless the address of the API changed since. */
function ownUrl(cursor: string, url: string): string {
  return new URL(cursor).origin === new URL(url).origin ? cursor : url;
}
