import { createBackend } from '@backstage/backend-defaults';

// A back end with nothing but on-call, for `withOnCallSettings`: everything else it asks the portal for.
const backend = createBackend();
backend.add(import('@pavedroad/plugin-oncall-backend'));
backend.start();
