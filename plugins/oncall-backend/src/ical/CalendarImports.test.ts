import { mockServices } from '@backstage/backend-test-utils';
import type { OnCallSchedule } from '@pavedroad/plugin-oncall-common';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import { CalendarImports } from './CalendarImports';

describe('CalendarImports', () => {
  it('reads all feeds, but a few of them at once only', async () => {
    const urls = Array.from(
      { length: 30 },
      (_, index) => `https://calendar.example/${index}.ics`,
    );
    const schedule: OnCallSchedule = {
      timeZone: 'Etc/UTC',
      levels: urls.map(url => ({ layers: [{ calendar: { url } }] })),
    };
    const read: string[] = [];
    const failed: string[] = [];
    let running = 0;
    let most = 0;
    const imports = new CalendarImports({
      store: {
        get: async () => new Map(),
        claim: async () => true,
        succeeded: async () => {},
        failed: async key => {
          failed.push(key);
        },
        forgetOthers: async () => {},
      },
      fetcher: {
        fetch: async url => {
          running += 1;
          most = Math.max(most, running);
          await new Promise(resolve => setTimeout(resolve, 5));
          running -= 1;
          read.push(url);
          if (url.endsWith('/7.ics')) {
            throw new Error('it is down');
          }
          return {
            unchanged: false,
            text: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n',
          };
        },
      },
      logger: mockServices.logger.mock(),
      clock: () => Date.parse('2026-06-01T00:00:00Z'),
      interval: 1,
      hideNames: false,
    });
    await imports.resolve({
      ...buildSnapshot([]),
      schedules: [
        {
          scheduleRef: 'oncallschedule:default/pay',
          ownerRef: 'group:default/pay',
          title: 'Pay',
          schedule,
        },
      ],
    });
    await imports.refresh();
    expect(read.sort()).toEqual([...urls].sort());
    expect(failed).toHaveLength(1);
    expect(most).toBeLessThanOrEqual(8);
  });
});
