import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { mockApis, renderTestApp } from '@backstage/frontend-test-utils';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import scaffolderPlugin from '@backstage/plugin-scaffolder/alpha';
import { scaffolderApiRef } from '@backstage/plugin-scaffolder-react';
import {
  createFormField,
  createScaffolderFormDecorator,
  FormDecoratorBlueprint,
  FormFieldBlueprint,
} from '@backstage/plugin-scaffolder-react/alpha';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { portalScaffolderModule } from '../features';

jest.setTimeout(90_000);

const form = {
  title: 'Add an objective',
  steps: [
    {
      title: 'The objective',
      schema: {
        required: ['indicator'],
        properties: { indicator: { title: 'Indicator', type: 'string' } },
        dependencies: {
          indicator: {
            oneOf: [
              {
                properties: {
                  indicator: { enum: ['latency'] },
                  seconds: {
                    title: 'Fast enough',
                    type: 'string',
                    default: '0.5',
                  },
                  password: {
                    title: 'Password',
                    type: 'string',
                    'ui:field': 'Secret',
                  },
                },
              },
              {
                properties: {
                  indicator: { enum: ['freshness'] },
                  metric: { title: 'Metric', type: 'string', default: 'age' },
                },
              },
            ],
          },
        },
      },
    },
    {
      title: 'More options',
      schema: {
        properties: {
          percent: { title: 'Percent', type: 'string', default: '99.5' },
          told: {
            type: 'null',
            'ui:field': 'Told',
            'ui:backstage': { review: { show: false } },
          },
        },
      },
    },
  ],
  formDecorators: [{ id: 'stamp' }],
};

const stamp = FormDecoratorBlueprint.make({
  name: 'stamp',
  params: {
    decorator: createScaffolderFormDecorator({
      id: 'stamp',
      decorator: async ({ setFormState }) =>
        setFormState(answers => ({ ...answers, stamped: true })),
    }),
  },
});

/** A field that looks at all answers, and says what it sees. */
const told = FormFieldBlueprint.make({
  name: 'told',
  params: {
    field: async () =>
      createFormField({
        name: 'Told',
        component: ({ formContext: { askedOnly, formData } }) => (
          <output>{Object.keys(askedOnly(formData)).join(' ')}</output>
        ),
      }),
  },
});

/** Opens the form in an app; answers what the task is asked for. */
function open(
  scaffold: (sent: object) => Promise<{ taskId: string }>,
  options: { getForm?: () => Promise<object> } = {},
) {
  const { getForm = async () => form } = options;
  renderTestApp({
    features: [
      scaffolderPlugin,
      portalScaffolderModule,
      createFrontendModule({
        pluginId: 'scaffolder',
        extensions: [stamp, told],
      }),
    ],
    initialRouteEntries: ['/create/templates/default/add-slo'],
    config: {
      app: {
        title: 'Paved Road',
        extensions: [
          {
            'sub-page:scaffolder/templates': {
              config: { enableBackstageUi: true },
            },
          },
        ],
      },
    },
    apis: [
      catalogApiMock(),
      mockApis.permission(),
      [
        scaffolderApiRef,
        {
          getTemplateParameterSchema: getForm,
          getTask: async () => new Promise(() => undefined),
          scaffold,
        },
      ],
    ] as any,
  });
}

const button = (name: string) => screen.findByRole('button', { name });

const answer = async (name: RegExp, text: string) => {
  const field = await screen.findByLabelText(name, undefined, {
    timeout: 30_000,
  });
  await userEvent.clear(field);
  await userEvent.type(field, text);
};

async function fillIn(indicators: string[]) {
  for (const [index, indicator] of indicators.entries()) {
    await answer(/^Indicator/, indicator);
    if (index === 0 && indicator === 'latency') {
      await answer(/^Fast enough/, '0.3');
      await answer(/^Password/, 'hush');
    }
    await userEvent.click(await button('Next'));
    await screen.findByLabelText(/^Percent/);
    if (index < indicators.length - 1) {
      await userEvent.click(await button('Back'));
    }
  }
  const seen = screen.getByRole('status').textContent;
  await userEvent.click(await button('Review'));
  await button('Create');
  return seen;
}

const listed = () =>
  screen
    .getAllByRole('row')
    .map(row => row.textContent)
    .join('\n');

it.each([
  [
    'what a former choice asked',
    ['latency', 'freshness'],
    'Indicatorfreshness\nMetricage\nPercent99.5',
    'indicator metric percent',
    {
      values: {
        indicator: 'freshness',
        metric: 'age',
        percent: '99.5',
        stamped: true,
      },
      secrets: {},
    },
  ],
  [
    'what a choice in between asked, and keeps what was answered before it',
    ['latency', 'freshness', 'latency'],
    'Indicatorlatency\nFast enough0.3\nPassword******\nPercent99.5',
    'indicator seconds password percent',
    {
      values: {
        indicator: 'latency',
        seconds: '0.3',
        password: '****',
        percent: '99.5',
        stamped: true,
      },
      secrets: { password: 'hush' },
    },
  ],
])(
  'a form neither tells its fields, nor lists, nor sends %s',
  async (_, indicators, review, seen, expected) => {
    const sent: object[] = [];
    open(async asked => {
      sent.push(asked);
      return { taskId: 'task-1' };
    });
    expect(await fillIn(indicators)).toBe(seen);
    expect(listed()).toBe(review);
    expect(document.title).toBe('Add an objective | Create | Paved Road');
    await userEvent.click(await button('Create'));
    await waitFor(() =>
      expect(sent).toEqual([
        { templateRef: 'template:default/add-slo', ...expected },
      ]),
    );
  },
);

describe('a form that begins with the answers of a task', () => {
  const secretsForm = {
    title: 'Connect',
    steps: [
      {
        title: 'Access',
        schema: {
          required: ['user', 'password'],
          properties: {
            user: { title: 'User', type: 'string' },
            password: {
              title: 'Password',
              type: 'string',
              'ui:field': 'Secret',
            },
            token: { title: 'Token', type: 'string', 'ui:field': 'Secret' },
            note: {
              title: 'Note',
              type: 'string',
              'ui:field': 'Secret',
              default: '****',
            },
            told: { type: 'null', 'ui:field': 'Told' },
          },
        },
      },
    ],
  };

  afterEach(() => window.history.replaceState({}, '', '/'));

  it('does not take the stars that stand there for its secrets', async () => {
    const sent: object[] = [];
    const answers = { user: 'ines', password: '****', token: '********' };
    // Where the form looks for them, whatever router there is.
    window.history.replaceState(
      {},
      '',
      `/?formData=${encodeURIComponent(JSON.stringify(answers))}`,
    );
    open(
      async values => {
        sent.push(values);
        return { taskId: 'task-1' };
      },
      {
        getForm: async () => secretsForm,
      },
    );
    expect(
      await screen.findByLabelText(/^Password/, undefined, { timeout: 30_000 }),
    ).toHaveValue('');
    const counts = (answered: RegExp) =>
      waitFor(() =>
        expect(screen.getByRole('status')).toHaveTextContent(answered),
      );
    await counts(/^user note$/);
    await answer(/^Password/, 'hush');
    await counts(/^user password note$/);
    // Emptied again, it is no answer either.
    await userEvent.clear(screen.getByLabelText(/^Password/));
    await counts(/^user note$/);
    await answer(/^Password/, 'hush');
    await userEvent.click(await button('Review'));
    await userEvent.click(await button('Create'));
    await waitFor(() =>
      expect(sent).toEqual([
        {
          templateRef: 'template:default/add-slo',
          values: {
            user: 'ines',
            password: '****',
            note: '****',
          },
          secrets: { password: 'hush' },
        },
      ]),
    );
  });
});

it('says why nothing was created, and lets one try again', async () => {
  const scaffold = jest.fn(async (_: object) => ({ taskId: 'task-1' }));
  scaffold.mockRejectedValueOnce(new Error('The disk is full.'));
  open(scaffold);
  await fillIn(['freshness']);
  await userEvent.click(await button('Create'));
  expect(await screen.findByRole('alert')).toHaveTextContent(
    /It could not be created.*The disk is full/,
  );
  await userEvent.click(await button('Create'));
  await waitFor(() => expect(scaffold).toHaveBeenCalledTimes(2));
  await waitFor(() =>
    expect(screen.queryByText(/The disk is full/)).not.toBeInTheDocument(),
  );
});

// The form is asked for twice: by Backstage for the pages, and by the portal for what of the answers counts.
it.each([1, 2])(
  'sends all answers after request %d for the form failed and was tried again',
  async failing => {
    const sent: object[] = [];
    let asked = 0;
    open(
      async values => {
        sent.push(values);
        return { taskId: 'task-1' };
      },
      {
        getForm: async () => {
          asked += 1;
          if (asked === failing) {
            throw new Error('The disk is full.');
          }
          return form;
        },
      },
    );
    expect(
      await screen.findByRole('alert', undefined, { timeout: 30_000 }),
    ).toHaveTextContent(/The form could not be loaded.*The disk is full/);
    expect(screen.queryByLabelText(/^Indicator/)).not.toBeInTheDocument();
    await userEvent.click(await button('Try again'));
    expect(await fillIn(['latency'])).toBe(
      'indicator seconds password percent',
    );
    expect(screen.queryByText(/could not be loaded/)).not.toBeInTheDocument();
    await userEvent.click(await button('Create'));
    await waitFor(() =>
      expect(sent).toEqual([
        {
          templateRef: 'template:default/add-slo',
          values: {
            indicator: 'latency',
            seconds: '0.3',
            password: '****',
            percent: '99.5',
            stamped: true,
          },
          secrets: { password: 'hush' },
        },
      ]),
    );
  },
);
