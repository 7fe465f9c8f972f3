import { homeGroup, homeRole, nextSteps } from './nextSteps';

describe('homeRole', () => {
  it.each`
    who                                 | managesTemplates | groupTypes                        | role
    ${'a member of a team'}             | ${false}         | ${['team']}                       | ${'developer'}
    ${'somebody without any group'}     | ${false}         | ${[]}                             | ${'developer'}
    ${'a member of a department'}       | ${false}         | ${['department', 'organization']} | ${'manager'}
    ${'a head who also sits in a team'} | ${false}         | ${['team', 'department']}         | ${'manager'}
    ${'an administrator'}               | ${true}          | ${['team']}                       | ${'platform'}
  `('$who is taken for $role', ({ managesTemplates, groupTypes, role }) => {
    expect(homeRole({ managesTemplates, groupTypes })).toBe(role);
  });
});

describe('homeGroup', () => {
  const fernhill = { ref: 'group:default/fernhill', type: 'organization' };
  const shopping = { ref: 'group:default/shopping', type: 'department' };
  const payments = { ref: 'group:default/payments', type: 'team' };

  it.each([
    [
      'a head of department who is also listed above',
      [fernhill, shopping],
      shopping,
    ],
    ['a head who sits in a team', [payments, shopping], shopping],
    ['a member of a team', [payments], payments],
    ['somebody at the top', [fernhill], fernhill],
  ])('of %s', (_, groups, expected) => {
    expect(homeGroup(groups)).toBe(expected.ref);
  });

  it('is none without groups', () => {
    expect(homeGroup([])).toBeUndefined();
  });
});

describe('nextSteps', () => {
  it('offers a developer to start a service first', () => {
    expect(nextSteps('developer', 'group:default/payments')[0]).toMatchObject({
      title: 'Start a service',
      to: '/create',
    });
  });

  it('offers a manager the review of their own group first, and their teams', () => {
    const [review, , teams] = nextSteps('manager', 'group:default/shopping');
    expect(review.to).toBe('/delivery?scope=group%3Adefault%2Fshopping');
    expect(teams.to).toBe('/catalog/default/group/shopping');
  });

  it('offers the whole organisation to a manager without a group', () => {
    expect(nextSteps('manager')[0].to).toBe('/delivery');
  });

  it('tells everybody who is on call', () => {
    for (const role of ['developer', 'manager', 'platform'] as const) {
      expect(nextSteps(role).map(({ to }) => to)).toContain('/on-call');
    }
  });
});
