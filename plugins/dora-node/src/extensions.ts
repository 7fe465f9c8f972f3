import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { DeliveryEventSource } from './types';

/**
 * Where modules add their sources of delivery events.
 *
 * @public
 */
export interface DeliveryEventSourcesExtensionPoint {
  /** @throws Error when the id is taken or is not a lower-case name. */
  addSource(source: DeliveryEventSource): void;
}

/**
 * @public
 */
export const deliveryEventSourcesExtensionPoint =
  createExtensionPoint<DeliveryEventSourcesExtensionPoint>({
    id: 'dora.delivery-event-sources',
  });
