import {
  RawDeliveryEvent,
  DeliveryEventSource,
} from '@pavedroad/plugin-dora-node';
import { PORTAL_SOURCE_PREFIX } from '../manual/manualSource';
import { IMPORT_KINDS, ImportRow, readRow } from './rows';

/** Rows of files, which only the import route records. */
export const IMPORT_SOURCE = `${PORTAL_SOURCE_PREFIX}import`;

const TYPE = /^dev\.pavedroad\.import\.([a-z]+)\.0\.1\.0$/;

/** A row as the inbox keeps it. */
export function importEvent(
  row: ImportRow,
  options: { receivedAt: string; sample: boolean },
): RawDeliveryEvent {
  return {
    id: options.sample ? `${row.id}-sample` : row.id,
    source: IMPORT_SOURCE,
    type: `dev.pavedroad.import.${row.kind}.0.1.0`,
    time: row.time,
    data: row.data,
    extensions: {},
    sample: options.sample,
    receivedAt: options.receivedAt,
  };
}

/** Rows of imported files, in the form in which they were checked. */
export const importSource: DeliveryEventSource = {
  id: 'import',
  normaliserVersion: 1,
  description: {
    title: 'Files',
    provides: ['deployments', 'pull_requests', 'incidents'],
    access: [
      'The permission dora.events.ingest, or an external access token for the plugin dora',
    ],
    docs: 'sources/import.md',
  },
  understands: type => TYPE.test(type),
  normalise(event) {
    const kind = IMPORT_KINDS.find(
      known => known === TYPE.exec(event.type)?.[1],
    );
    if (event.source !== IMPORT_SOURCE || !kind) {
      return {
        outcome: 'rejected',
        reason: 'rows of files are taken in through POST /api/dora/imports',
      };
    }
    const { data } = event;
    const result = readRow(
      kind,
      typeof data === 'object' && data !== null && !Array.isArray(data)
        ? data
        : {},
    );
    return 'row' in result
      ? { outcome: 'accepted', events: result.row.events }
      : { outcome: 'rejected', reason: result.problems[0].message };
  },
};
