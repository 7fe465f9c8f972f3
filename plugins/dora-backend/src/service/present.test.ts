import {
  FailureAttribution,
  IncidentFact,
} from '@pavedroad/plugin-dora-common';
import { presentAttributions } from './present';

const attribution: FailureAttribution = {
  id: 'a1',
  cause: { kind: 'incident', id: 'INC-1' },
  blamed: 'd-us',
  method: 'time_proximity',
  confidence: 0.5,
  evidence: 'Soon after.',
  author: { kind: 'event', name: 'pagerduty' },
  recordedAt: '2026-01-20T12:20:00.000Z',
  state: 'live',
};
const incident: IncidentFact = {
  id: 'INC-1',
  serviceRef: 'component:default/checkout',
  openedAt: Date.parse('2026-01-20T12:20:00Z'),
  reopened: false,
  tier: 'production',
  noneToBlame: false,
  sample: false,
};

it.each([['us'], [undefined]])(
  'tells the environment of an incident as the incident names it, not its tier: %s',
  environment => {
    const [shown] = presentAttributions([
      { attribution, incident: { ...incident, environment } },
    ]);
    expect(JSON.parse(JSON.stringify(shown.incident))).toEqual({
      openedAt: '2026-01-20T12:20:00.000Z',
      ...(environment && { environment }),
    });
  },
);
