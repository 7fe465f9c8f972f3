import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/** A part of the on-call page, at an address of its own below it. */
export type OnCallTab = {
  /** The address below the page, such as `timeline`; empty for the first. A tab may have addresses of its own below it. */
  path: string;
  label: string;
  /** Fetched when it is first opened. */
  Content: LazyExoticComponent<ComponentType>;
};

/** The parts of the on-call page in their order. */
export const TABS: readonly OnCallTab[] = [
  {
    path: '',
    label: 'Now',
    Content: lazy(async () => ({
      default: (await import('./now/NowTab')).NowTab,
    })),
  },
  {
    path: 'timeline',
    label: 'Timeline',
    Content: lazy(async () => ({
      default: (await import('./timeline/TimelineTab')).TimelineTab,
    })),
  },
  {
    path: 'my-shifts',
    label: 'My shifts',
    Content: lazy(async () => ({
      default: (await import('./shifts/MyShiftsTab')).MyShiftsTab,
    })),
  },
  {
    path: 'load',
    label: 'Load',
    Content: lazy(async () => ({
      default: (await import('./load/LoadTab')).LoadTab,
    })),
  },
  {
    path: 'ownership',
    label: 'Ownership',
    Content: lazy(async () => ({
      default: (await import('./ownership/OwnershipTab')).OwnershipTab,
    })),
  },
  {
    path: 'schedules',
    label: 'Schedules',
    Content: lazy(async () => ({
      default: (await import('./schedules/SchedulesTab')).SchedulesTab,
    })),
  },
];
