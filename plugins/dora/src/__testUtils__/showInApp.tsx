import { ReactElement } from 'react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { catalogApiRef, entityRouteRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { SWRConfig } from 'swr';
import { DoraApi, doraApiRef } from '../api/DoraApi';
import { deliveryRouteRef, importRouteRef, onCallRouteRef } from '../routes';
import { incidentDetail, incidentItem } from './incidents';
import { detailResponse, listItem } from './responses';

const definition = { version: 1, environment: 'production' };

/** Renders a screen of deployments on answers of its own; nothing is remembered from another test. */
export function showInApp(
  element: ReactElement,
  answers: Partial<jest.Mocked<DoraApi>> = {},
  route = '/',
): Partial<jest.Mocked<DoraApi>> {
  const api: Partial<jest.Mocked<DoraApi>> = {
    getDeployments: jest.fn().mockResolvedValue({
      items: [listItem()],
      totalItems: 1,
      definition,
      sampleData: false,
    }),
    getDeploymentsCsv: jest.fn().mockResolvedValue('id\r\n'),
    getDeployment: jest.fn().mockResolvedValue(detailResponse()),
    getDeploymentChanges: jest.fn(),
    getDeploymentChangesCsv: jest.fn().mockResolvedValue('commit\r\n'),
    getServices: jest.fn().mockResolvedValue({ items: [] }),
    getIncidents: jest.fn().mockResolvedValue({
      items: [incidentItem()],
      totalItems: 1,
      definition,
      sampleData: false,
    }),
    getIncident: jest.fn().mockResolvedValue(incidentDetail()),
    getIncidentsCsv: jest.fn().mockResolvedValue('id\r\n'),
    attribute: jest.fn().mockResolvedValue({
      serviceRef: 'component:default/checkout',
      attributionIds: ['m1'],
      recorded: true,
    }),
    withdraw: jest.fn().mockResolvedValue({
      serviceRef: 'component:default/checkout',
      attributionIds: ['m1'],
      recorded: true,
    }),
    ...answers,
  };
  renderInTestApp(
    <SWRConfig value={{ provider: () => new Map() }}>{element}</SWRConfig>,
    {
      apis: [
        [doraApiRef, api as DoraApi],
        [
          catalogApiRef,
          catalogApiMock({
            entities: [
              {
                apiVersion: 'backstage.io/v1alpha1',
                kind: 'Component',
                metadata: {
                  name: 'checkout',
                  namespace: 'default',
                  annotations: {
                    'pavedroad.dev/repository': 'payments/checkout',
                  },
                },
                spec: {},
                relations: [
                  { type: 'ownedBy', targetRef: 'group:default/payments' },
                ],
              },
            ],
          }),
        ],
      ],
      mountedRoutes: {
        '/delivery': deliveryRouteRef,
        '/delivery/import': importRouteRef,
        '/on-call': onCallRouteRef,
        '/catalog/:namespace/:kind/:name': entityRouteRef,
      },
      initialRouteEntries: [route],
    },
  );
  return api;
}
