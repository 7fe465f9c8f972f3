import { createExtensionPoint } from '@backstage/backend-plugin-api';

import type { OnCallProvider } from './OnCallProvider';

/** Where modules of plugin `oncall` add their providers. */
export interface OnCallProvidersExtensionPoint {
  /** @throws Error when a provider of that id is there already. */
  addProvider(provider: OnCallProvider): void;
}

/** See {@link OnCallProvidersExtensionPoint}. */
export const onCallProvidersExtensionPoint =
  createExtensionPoint<OnCallProvidersExtensionPoint>({
    id: 'oncall.providers',
  });
