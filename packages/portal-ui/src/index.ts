/**
 * The states, figures and words that every screen of the portal shares.
 *
 * @packageDocumentation
 */
export { CodeTokens } from './code/CodeTokens';
export { highlight, type Token } from './code/highlight';
export { DateTime } from './components/DateTime';
export { EmptyState } from './components/EmptyState';
export { ErrorState } from './components/ErrorState';
export { FilterBar } from './components/FilterBar';
export { LoadingSkeleton } from './components/LoadingSkeleton';
export { PageHeader } from './components/PageHeader';
export { SampleDataBadge } from './components/SampleDataBadge';
export { Section } from './components/Section';
export { StatusBadge, type StatusLevel } from './components/StatusBadge';
export { TabBar } from './components/TabBar';
export { isWebAddress, WebLink } from './components/WebLink';
export { explainError, type ExplainedError } from './errors/explainError';
export { downloadText, toCsv, type CsvValue } from './format/csv';
export { formatDurationSeconds } from './format/duration';
export {
  formatCount,
  formatPercent,
  formatPlural,
  formatRate,
} from './format/number';
export {
  formatDate,
  formatDateTime,
  formatRelative,
  viewerTimeZone,
} from './format/time';
export { useAsyncData, type AsyncData } from './hooks/useAsyncData';
