import { DeliveryEventSource, outcomeOf } from '@pavedroad/plugin-dora-node';
import { normaliseCdevent } from './cdevents';
import { CdeventsOptions } from './options';
import { isPortalType, normalisePortalEvent } from './portalEvents';

/**
 * CDEvents of spec 0.3 to 0.5, and the portal's own types for what CDEvents has
 * no words for.
 */
export function createCdeventsSource(
  options: CdeventsOptions,
): DeliveryEventSource {
  return {
    id: 'cdevents',
    normaliserVersion: 3,
    settings: JSON.stringify(options),
    description: {
      title: 'CDEvents',
      provides: [
        'deployments',
        'commits',
        'pull_requests',
        'builds',
        'incidents',
      ],
      access: [
        'An external access token of this portal for the plugin dora, given to whatever sends events to POST /api/dora/events',
      ],
      docs: 'sources/cdevents.md',
    },
    understands: type => type.startsWith('dev.cdevents.') || isPortalType(type),
    normalise: event =>
      outcomeOf(() =>
        isPortalType(event.type)
          ? normalisePortalEvent(event)
          : normaliseCdevent(event, options),
      ),
  };
}

/** {@link createCdeventsSource} without settings: no ticket is an incident. */
export const cdeventsSource = createCdeventsSource({ incidentTickets: [] });
