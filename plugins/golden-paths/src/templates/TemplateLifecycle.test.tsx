import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  entityRouteRef,
  MockStarredEntitiesApi,
  starredEntitiesApiRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { TemplateEntityV1beta3 } from '@backstage/plugin-scaffolder-common';
import { screen } from '@testing-library/react';
import axe from 'axe-core';
import { TemplateCard } from './TemplateCard';
import { TemplateNotice } from './TemplateLifecycle';

// The accessibility rules take seconds on a busy machine.
jest.setTimeout(60_000);

const template = (name: string, annotations?: Record<string, string>) =>
  ({
    apiVersion: 'scaffolder.backstage.io/v1beta3',
    kind: 'Template',
    metadata: {
      name,
      namespace: 'default',
      title: `The ${name} service`,
      ...(annotations ? { annotations } : {}),
    },
    spec: { type: 'service', steps: [], parameters: [] },
  } as unknown as TemplateEntityV1beta3);

const channel = (name: string) => ({ 'pavedroad.dev/channel': name });

const old = template('old', {
  ...channel('deprecated'),
  'pavedroad.dev/successor': 'template:default/new',
  'pavedroad.dev/ends': '2027-03-31',
});

const SENTENCE =
  /^Use (template:default\/)?(The )?new( service)? instead\. Its last day is .*31.*2027\.$/;

async function expectAccessible(container: Element) {
  const { violations } = await axe.run(container, {
    // The journeys' rules; colours are not computed here.
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
    rules: { 'color-contrast': { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
}

/** The sentence around what a text is in. */
const sentenceAround = (element: HTMLElement) =>
  element.parentElement?.textContent?.replace(/\s+/g, ' ');

describe('the card of a template', () => {
  const show = (shown: TemplateEntityV1beta3) =>
    renderInTestApp(<TemplateCard template={shown} onSelected={() => {}} />, {
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef as any,
      },
      apis: [
        catalogApiMock({ entities: [shown, template('new')] }),
        [starredEntitiesApiRef, new MockStarredEntitiesApi()],
      ],
    });

  it.each([
    ['beta', 'Beta'],
    ['draft', 'Draft'],
  ])('says that one is a %s', async (name, words) => {
    const { container } = show(template('some', channel(name)));
    expect(await screen.findByText(words)).toBeVisible();
    await expectAccessible(container);
  });

  it('says nothing of a channel that all are in', async () => {
    show(template('some', channel('stable')));
    await screen.findByText('The some service');
    expect(screen.queryByText(/^(stable|beta|draft|deprecated)$/i)).toBeNull();
  });

  it('says what takes the place of one that ends, and when', async () => {
    const { container } = show(old);
    expect(await screen.findByText('Deprecated')).toBeVisible();
    const day = screen.getByText(/2027/);
    expect(day).toHaveAttribute('datetime', '2027-03-31');
    expect(sentenceAround(day)).toMatch(SENTENCE);
    expect(await screen.findByRole('link', { name: /new/ })).toHaveAttribute(
      'href',
      '/catalog/default/template/new',
    );
    await expectAccessible(container);
  });
});

describe('the notice above a form', () => {
  const show = (shown: TemplateEntityV1beta3) =>
    renderInTestApp(
      <>
        <TemplateNotice
          templateRef={`template:default/${shown.metadata.name}`}
        />
        <p>The form</p>
      </>,
      { apis: [catalogApiMock({ entities: [shown, template('new')] })] },
    );

  it.each([
    ['beta', 'A beta'],
    ['draft', 'A draft'],
  ])('says that its template is a %s', async (name, words) => {
    const { container } = show(template(name, channel(name)));
    expect(await screen.findByText(words)).toBeVisible();
    await expectAccessible(container);
  });

  it('leads to the form to use instead, and says the last day', async () => {
    const { container } = show(old);
    expect(
      await screen.findByText('This template is deprecated'),
    ).toBeVisible();
    expect(sentenceAround(screen.getByText(/2027/))).toMatch(SENTENCE);
    expect(screen.getByRole('link')).toHaveAttribute(
      'href',
      '/create/templates/default/new',
    );
    await expectAccessible(container);
  });

  it('is not there for a stable one', async () => {
    const { container } = show(template('fine', channel('stable')));
    await screen.findByText('The form');
    // What the catalog answers is there by then.
    await new Promise(done => setTimeout(done, 100));
    expect(container).not.toHaveTextContent(/beta|draft|deprecated/i);
  });
});
