import { EnvironmentItem } from '@pavedroad/plugin-dora-common';
import { environmentChoices } from './environments';

const item = (
  name: string,
  tier: string,
  deployments = 2,
): EnvironmentItem => ({ name, tier, services: 1, deployments });

describe('environmentChoices', () => {
  it.each<[string, EnvironmentItem[] | undefined, string, string[]]>([
    [
      'usual tiers until it is known',
      undefined,
      'production',
      ['production', 'staging', 'testing', 'development'],
    ],
    [
      'usual tiers where nothing is deployed, and what was chosen',
      [],
      'blue',
      ['production', 'staging', 'testing', 'development', 'blue'],
    ],
    [
      'tiers first, the worst to break before the others',
      [item('qa', 'testing'), item('production', 'production')],
      'production',
      ['production', 'testing', 'qa (2 deployments)'],
    ],
    [
      'each environment of a tier of several',
      [
        item('prod-eu', 'production', 1_200),
        item('prod-us', 'production', 1),
        item('edge', 'canary'),
      ],
      'prod-us',
      [
        'production (2 environments)',
        'canary',
        'prod-eu (1,200 deployments)',
        'prod-us (1 deployment)',
        'edge (2 deployments)',
      ],
    ],
  ])('offers %s', (_, seen, chosen, expected) => {
    const choices = environmentChoices(seen, chosen);
    expect(choices.map(({ label }) => label)).toEqual(expected);
    expect(choices.map(({ id }) => id)).toContain(chosen);
  });
});
