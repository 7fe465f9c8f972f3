import { createPermission } from '@backstage/plugin-permission-common';

/** See schedules, who is on call, shifts and coverage. */
export const oncallScheduleReadPermission = createPermission({
  name: 'oncall.schedule.read',
  attributes: { action: 'read' },
});

/** Override who is on call. The back end narrows it to the schedule's owning group and administrators. */
export const oncallOverrideCreatePermission = createPermission({
  name: 'oncall.override.create',
  attributes: { action: 'create' },
});

/** Take an override back. Narrowed as its creation is. */
export const oncallOverrideDeletePermission = createPermission({
  name: 'oncall.override.delete',
  attributes: { action: 'delete' },
});

/** Propose a schedule, new or changed, as a pull request. Narrowed to the schedule's owning group and administrators. */
export const oncallScheduleProposePermission = createPermission({
  name: 'oncall.schedule.propose',
  attributes: { action: 'update' },
});

/** Call whoever is on call. */
export const oncallPageCreatePermission = createPermission({
  name: 'oncall.page.create',
  attributes: { action: 'create' },
});

/** Acknowledge and resolve a page. The back end narrows it to those called, the sender, the owning groups and administrators. */
export const oncallPageUpdatePermission = createPermission({
  name: 'oncall.page.update',
  attributes: { action: 'update' },
});

/** Write and close notes that pass from shift to shift. Narrowed to the owning group, administrators and those on call. */
export const oncallHandoverWritePermission = createPermission({
  name: 'oncall.handover.write',
  attributes: { action: 'update' },
});

/** Every permission of on-call. */
export const oncallPermissions = [
  oncallScheduleReadPermission,
  oncallOverrideCreatePermission,
  oncallOverrideDeletePermission,
  oncallScheduleProposePermission,
  oncallPageCreatePermission,
  oncallPageUpdatePermission,
  oncallHandoverWritePermission,
];
