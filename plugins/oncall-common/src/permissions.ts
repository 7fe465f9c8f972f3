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

/** Every permission of on-call. */
export const oncallPermissions = [
  oncallScheduleReadPermission,
  oncallOverrideCreatePermission,
  oncallOverrideDeletePermission,
];
