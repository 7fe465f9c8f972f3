import {
  mockApis,
  renderInTestApp,
  type TestApiPairs,
} from '@backstage/frontend-test-utils';
import { catalogApiRef, entityRouteRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { JSX } from 'react';
import { SWRConfig } from 'swr';

import { onCallApiRef, type OnCallApi } from '../api';
import { deliveryRouteRef, rootRouteRef } from '../routes';
import { onCallApiWith } from './onCallApiWith';

/** For tests: shows a screen with what the back end answers, to a member of the payments team unless told otherwise. */
export function showOnCall(
  element: JSX.Element,
  answers: Partial<OnCallApi>,
  options: {
    path?: string;
    user?: string;
    /** What delivery metrics answer, in a portal that has their pages. */
    delivery?: typeof fetch;
  } = {},
) {
  const apis: TestApiPairs<[typeof onCallApiRef.T, unknown, unknown, unknown]> =
    [
      [onCallApiRef, onCallApiWith(answers)],
      [
        catalogApiRef,
        catalogApiMock({
          entities: [
            {
              apiVersion: 'backstage.io/v1alpha1',
              kind: 'User',
              metadata: { name: 'aiko' },
              spec: { profile: { displayName: 'Aiko Tanaka' } },
              relations: [
                { type: 'memberOf', targetRef: 'group:default/payments' },
              ],
            },
          ],
        }),
      ],
      mockApis.identity({
        userEntityRef: options.user ?? 'user:default/ines',
        ownershipEntityRefs: ['group:default/payments'],
      }),
      mockApis.fetch({
        baseImplementation:
          options.delivery ??
          (async input => {
            throw new Error(`${input} is not asked for in this test`);
          }),
      }),
    ];
  return renderInTestApp(
    <SWRConfig value={{ provider: () => new Map() }}>{element}</SWRConfig>,
    {
      apis,
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        '/on-call': rootRouteRef,
        ...(options.delivery ? { '/delivery': deliveryRouteRef } : {}),
      },
      initialRouteEntries: [options.path ?? '/'],
    },
  );
}
