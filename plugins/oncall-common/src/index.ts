export * from './types';
export { handoffs } from './rotation';
export {
  coverage,
  nextHandoff,
  onCallAt,
  overlaps,
  shiftsBetween,
} from './engine';
export {
  checkOnCallSchedule,
  fullRef,
  parseOnCallSchedule,
  SCHEDULE_LIMITS,
  type ParseOptions,
  type ScheduleProblem,
} from './parse';
export { formatInZone, isTimeZone } from './zone';
export * from './api';
export { startKeepingPerson } from './keepPerson';
export {
  appendDocument,
  MAX_SOURCE_LENGTH,
  mentionsOf,
  readScheduleSource,
  sliceSchedule,
  stepsOf,
  type ScheduleSourceReading,
  type SourcePosition,
  type SourceSlice,
} from './source';
export * from './entity';
export * from './permissions';
export { instantOfLocal, parseInstant, parseWindow } from './time';
export {
  decideChange,
  decideUndo,
  overlapWithin,
  peopleNamed,
  type ChangeDecision,
  type Duty,
  type FoundConflict,
  type NamedSchedule,
  type ProposedChange,
  type ProposedOverride,
} from './changes';
export { LONG_BREAK, turnsOf, type Turn } from './turns';
export {
  loadOf,
  type LoadEvent,
  type LoadShift,
  type PersonLoad,
} from './load';
