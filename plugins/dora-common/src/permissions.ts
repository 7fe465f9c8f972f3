import { createPermission } from '@backstage/plugin-permission-common';

/** Sending delivery events. */
export const doraEventsIngestPermission = createPermission({
  name: 'dora.events.ingest',
  attributes: { action: 'create' },
});

/** Reading delivery metrics, within what the catalog lets the asker see. */
export const doraMetricsReadPermission = createPermission({
  name: 'dora.metrics.read',
  attributes: { action: 'read' },
});

/** Saying which deployment a failure is to be blamed on, and taking it back. */
export const doraFailuresAttributePermission = createPermission({
  name: 'dora.failures.attribute',
  attributes: { action: 'update' },
});

/** Saying what one is told about, for oneself and for one's groups. */
export const doraSubscriptionsManagePermission = createPermission({
  name: 'dora.subscriptions.manage',
  attributes: { action: 'update' },
});

/** Seeing what the portal sends to other systems, and sending again what they did not take. */
export const doraOutgoingManagePermission = createPermission({
  name: 'dora.outgoing.manage',
  attributes: { action: 'update' },
});

/** Making and revoking what repositories report their deployments with. */
export const doraCredentialsManagePermission = createPermission({
  name: 'dora.credentials.manage',
  attributes: { action: 'update' },
});

/** Every permission of the plugin. */
export const doraPermissions = [
  doraEventsIngestPermission,
  doraMetricsReadPermission,
  doraFailuresAttributePermission,
  doraSubscriptionsManagePermission,
  doraOutgoingManagePermission,
  doraCredentialsManagePermission,
];
