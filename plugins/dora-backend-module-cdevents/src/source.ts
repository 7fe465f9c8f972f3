import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { normaliseCdevent } from './cdevents';
import { isPortalType, normalisePortalEvent } from './portalEvents';
import { EventIgnored, EventProblem } from './read';

/**
 * CDEvents of spec 0.3 to 0.5, and the portal's own types for what CDEvents has
 * no words for.
 */
export const cdeventsSource: DeliveryEventSource = {
  id: 'cdevents',
  normaliserVersion: 1,
  understands: type => type.startsWith('dev.cdevents.') || isPortalType(type),
  normalise(event) {
    try {
      return {
        outcome: 'accepted',
        events: isPortalType(event.type)
          ? normalisePortalEvent(event)
          : normaliseCdevent(event),
      };
    } catch (error) {
      if (error instanceof EventProblem) {
        return { outcome: 'rejected', reason: error.message };
      }
      if (error instanceof EventIgnored) {
        return { outcome: 'ignored', reason: error.message };
      }
      throw error;
    }
  },
};
