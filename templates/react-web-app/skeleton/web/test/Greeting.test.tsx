import './dom.js';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { Greeting } from '../src/Greeting.js';

afterEach(cleanup);

const greet = (name: string) => {
  fireEvent.change(screen.getByLabelText('Your name'), { target: { value: name } });
  fireEvent.click(screen.getByRole('button', { name: 'Greet' }));
};

test('greets who says their name', () => {
  render(<Greeting longer={false} />);
  assert.equal(screen.getByRole('status').textContent, '');
  greet(' Ada ');
  assert.equal(screen.getByRole('status').textContent, 'Hello, Ada!');
});

test('says more when the flag longer-greeting is on', () => {
  render(<Greeting longer />);
  greet('José');
  assert.equal(screen.getByRole('status').textContent, 'Hello, José! Nice to meet you.');
});
