import { DomainEvent } from '@pavedroad/plugin-dora-common';

/** How each domain event type is stored. The numbers are in the database: never reuse one. */
export const DOMAIN_EVENT_KIND: Record<DomainEvent['type'], number> = {
  deployment: 1,
  commits: 2,
  pull_request: 3,
  build: 4,
  incident: 5,
  remediation: 6,
  attribution: 7,
  attribution_withdrawn: 8,
  failure_data: 9,
  release_tag: 10,
};
