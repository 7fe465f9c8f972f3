import './dom.js';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import axe from 'axe-core';
import { PAGES } from '../../shared/pages.js';
import { App } from '../src/App.js';
import { ErrorBoundary } from '../src/ErrorBoundary.js';
import { readRuntimeConfig } from '../src/runtimeConfig.js';
import { catchBeacons } from './dom.js';

const config = {
  version: '1.2.3',
  environment: 'staging',
  flags: {},
  supportUrl: 'https://help.example.com/',
  vitalsSampleRate: 1,
};

beforeEach(() => window.history.replaceState(undefined, '', '/'));
afterEach(cleanup);

for (const path of [...PAGES, '/nowhere']) {
  test(`${path} has no accessibility problem axe knows of`, async () => {
    window.history.replaceState(undefined, '', path);
    render(<App config={config} />);
    // Colours need a browser that paints.
    const { violations } = await axe.run(document, { rules: { 'color-contrast': { enabled: false } } });
    assert.deepEqual(
      violations.map(violation => `${violation.id}: ${violation.nodes.map(node => node.html).join(' ')}`),
      [],
    );
  });
}

test('a link shows its page, tells who cannot see it, and the way back works', () => {
  render(<App config={config} />);
  fireEvent.click(screen.getByRole('link', { name: 'About' }));
  assert.equal(window.location.pathname, '/about');
  const heading = screen.getByRole('heading', { level: 1, name: 'About' });
  assert.equal(document.activeElement, heading);
  assert.match(document.title, /^About/);
  assert.ok(screen.getByText('staging'));
  assert.equal(screen.getByRole('link', { name: 'About' }).getAttribute('aria-current'), 'page');

  window.history.replaceState(undefined, '', '/');
  fireEvent.popState(window);
  assert.ok(screen.getByRole('heading', { level: 1, name: 'Welcome' }));
});

test("a link with a modifier key is the browser's", () => {
  render(<App config={config} />);
  // Last to hear of it: jsdom has no other tab to open.
  document.addEventListener('click', event => event.preventDefault(), { once: true });
  fireEvent.click(screen.getByRole('link', { name: 'About' }), { ctrlKey: true });
  assert.ok(screen.getByRole('heading', { level: 1, name: 'Welcome' }));
});

test('a path nobody knows says so', () => {
  window.history.replaceState(undefined, '', '/nowhere');
  render(<App config={config} />);
  assert.ok(screen.getByRole('heading', { level: 1, name: 'Page not found' }));
});

test('a part that fails to render is reported, and the user is told what to do', async () => {
  const sent = catchBeacons();
  const Broken = () => {
    throw new Error('broken part');
  };
  // React writes what the boundary caught to the console; here it is expected.
  const { error } = console;
  console.error = () => undefined;
  try {
    render(
      <ErrorBoundary supportUrl="https://help.example.com/">
        <Broken />
      </ErrorBoundary>,
    );
  } finally {
    console.error = error;
  }
  assert.match(screen.getByRole('alert').textContent ?? '', /Something went wrong/);
  assert.ok(screen.getByRole('button', { name: 'Load again' }));
  const [report] = sent;
  assert.equal(report?.url, '/v1/errors');
  const body = JSON.parse((await report?.body.text()) ?? '{}') as Record<string, unknown>;
  assert.deepEqual([body.page, body.kind, body.message], ['/', 'render', 'broken part']);
});

test('the environment is read from the page, and without a server there is one for development', () => {
  assert.equal(readRuntimeConfig(document).environment, 'development');
  const meta = document.createElement('meta');
  meta.name = 'runtime-config';
  meta.content = JSON.stringify(config);
  document.head.append(meta);
  assert.deepEqual(readRuntimeConfig(document), config);
  meta.remove();
});
