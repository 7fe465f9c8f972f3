import {
  createExtensionTester,
  renderInTestApp,
} from '@backstage/frontend-test-utils';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import {
  scaffolderApiRef,
  type ScaffolderApi,
  type ScaffolderTaskOutput,
} from '@backstage/plugin-scaffolder-react';
import {
  scaffolderTemplateOutputsComponentRef,
  scaffolderTemplateOutputTemplateRefsRef,
} from '@backstage/plugin-scaffolder-react/alpha';
import { screen } from '@testing-library/react';
import plugin from '../index';

/** Some template that the portal learned of after it was built. */
const TEMPLATE_REF = 'template:default/refund-adapter';

const registration = createExtensionTester(
  plugin.getExtension('scaffolder-template-outputs:golden-paths'),
);

function show(
  taskId: string,
  output: ScaffolderTaskOutput | undefined,
  templateRef?: string,
) {
  const Outputs = registration.get(scaffolderTemplateOutputsComponentRef);
  const getTask = jest.fn(async () => ({
    spec: { templateInfo: templateRef && { entityRef: templateRef } },
  }));
  renderInTestApp(<Outputs output={output} />, {
    mountPath: '/create/tasks/:taskId',
    initialRouteEntries: [`/create/tasks/${taskId}`],
    apis: [
      [scaffolderApiRef, { getTask } as unknown as ScaffolderApi],
      catalogApiMock({
        entities: [
          {
            apiVersion: 'scaffolder.backstage.io/v1beta3',
            kind: 'Template',
            metadata: {
              name: 'refund-adapter',
              annotations: {
                'backstage.io/time-saved': 'PT12H',
                'pavedroad.dev/time-saved-how': 'all that payments need',
              },
            },
            spec: { type: 'service' },
          },
        ],
      }),
    ],
  });
  return getTask;
}

const output: ScaffolderTaskOutput = {
  text: [{ title: 'What to do next', content: 'Run `make verify`.' }],
};

it('is for every template', () => {
  expect(
    registration
      .get(scaffolderTemplateOutputTemplateRefsRef)
      .includes(TEMPLATE_REF),
  ).toBe(true);
});

it('says what the template of the task saved, and what to do next', async () => {
  const getTask = show('known', output, TEMPLATE_REF);
  await screen.findByText(
    /^This saved .+ of work, as the platform team estimates: all that payments need\.$/,
  );
  expect(screen.getByText('make verify')).toBeVisible();
  expect(getTask).toHaveBeenCalledWith('known');
});

it('shows what came out of a task whose template is not known', async () => {
  show('unknown', output);
  await screen.findByText('make verify');
  expect(screen.queryByText(/This saved/)).toBeNull();
});

it('says nothing before the task is done', async () => {
  const getTask = show('running', undefined, TEMPLATE_REF);
  // It is loaded when it is first shown.
  await import('./TemplateOutputs');
  expect(screen.queryByText(/This saved/)).toBeNull();
  expect(getTask).not.toHaveBeenCalled();
});
