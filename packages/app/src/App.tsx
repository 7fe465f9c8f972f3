import { createApp } from '@backstage/frontend-defaults';
import { portalFeatures } from './features';

/** The portal's front end: its own look and navigation around the features that app.packages discovers. */
export const app = createApp({ features: portalFeatures });
