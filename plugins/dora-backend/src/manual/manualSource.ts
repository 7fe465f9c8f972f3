import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import {
  AttributionEvent,
  AttributionWithdrawnEvent,
} from '@pavedroad/plugin-dora-common';
import { z } from 'zod';

/**
 * Deliveries whose source begins like this are made by the portal itself. From
 * outside they are refused: nobody may speak in another person's name.
 */
export const PORTAL_SOURCE_PREFIX = 'urn:pavedroad:';
export const MANUAL_SOURCE = `${PORTAL_SOURCE_PREFIX}manual`;
export const ATTRIBUTED_TYPE = 'dev.pavedroad.failure.attributed.0.1.0';
export const WITHDRAWN_TYPE = 'dev.pavedroad.failure.withdrawn.0.1.0';

const author = z.object({
  kind: z.enum(['person', 'event']),
  name: z.string(),
});
const attributed = z.object({
  serviceRef: z.string(),
  attributionId: z.string(),
  cause: z
    .object({ kind: z.enum(['incident', 'rollback', 'fix']), id: z.string() })
    .optional(),
  blame: z.union([z.literal('none'), z.object({ id: z.string() })]),
  author,
  recordedAt: z.string(),
  reason: z.string(),
});
const withdrawn = z.object({
  serviceRef: z.string(),
  attributionId: z.string(),
  author,
  recordedAt: z.string(),
  reason: z.string().optional(),
});

/** What a person says about a failure, as it is kept in the inbox. */
export type AttributedData = z.infer<typeof attributed>;
/** That a person takes an attribution back, as it is kept in the inbox. */
export type WithdrawnData = z.infer<typeof withdrawn>;

/**
 * Corrections made in the portal. They go through the inbox like everything
 * else, so that replay knows them.
 */
export const manualSource: DeliveryEventSource = {
  id: 'manual',
  normaliserVersion: 1,
  description: {
    title: 'Corrections made in the portal',
    provides: [],
    access: [
      'Whoever corrects a failure needs the permission dora.failures.attribute, and owns the service or administers the portal',
    ],
    docs: 'delivery-metrics.md',
  },
  understands: type => type === ATTRIBUTED_TYPE || type === WITHDRAWN_TYPE,
  normalise(event) {
    if (event.source !== MANUAL_SOURCE) {
      return {
        outcome: 'rejected',
        reason: 'attributions are made through the portal',
      };
    }
    if (event.type === ATTRIBUTED_TYPE) {
      const parsed = attributed.safeParse(event.data);
      if (!parsed.success) {
        return { outcome: 'rejected', reason: 'not an attribution' };
      }
      const { serviceRef, ...said } = parsed.data;
      const domainEvent: AttributionEvent = {
        type: 'attribution',
        service: { entityRef: serviceRef },
        ...said,
      };
      return { outcome: 'accepted', events: [domainEvent] };
    }
    const parsed = withdrawn.safeParse(event.data);
    if (!parsed.success) {
      return { outcome: 'rejected', reason: 'not a withdrawal' };
    }
    const { serviceRef, ...said } = parsed.data;
    const domainEvent: AttributionWithdrawnEvent = {
      type: 'attribution_withdrawn',
      service: { entityRef: serviceRef },
      ...said,
    };
    return { outcome: 'accepted', events: [domainEvent] };
  },
};
