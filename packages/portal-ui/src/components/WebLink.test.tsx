import { BUIProvider } from '@backstage/ui';
import { createEvent, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router-dom';
import { isWebAddress, WebLink } from './WebLink';

/** As in the portal: with the provider through which links reach the router. */
const show = (link: ReactNode) =>
  render(
    <MemoryRouter>
      <BUIProvider>{link}</BUIProvider>
    </MemoryRouter>,
  );

describe('WebLink', () => {
  it.each([
    ['an address on the portal’s own host', `${window.location.origin}/api/x`],
    ['an address elsewhere', 'https://ci.example/runs/7'],
  ])('leaves %s to the browser', (_, href) => {
    show(<WebLink href={href}>Open</WebLink>);
    const link = screen.getByRole('link', { name: 'Open' });
    const click = createEvent.click(link, { button: 0 });
    fireEvent(link, click);
    expect(click.defaultPrevented).toBe(false);
    expect(link).toHaveAttribute('href', href);
  });

  it('follows a path through the router', () => {
    show(<WebLink href="/delivery">Open</WebLink>);
    const link = screen.getByRole('link', { name: 'Open' });
    const click = createEvent.click(link, { button: 0 });
    fireEvent(link, click);
    expect(click.defaultPrevented).toBe(true);
  });

  it('keeps the target it is given', () => {
    show(
      <WebLink href="https://ci.example/" target="_blank">
        Open
      </WebLink>,
    );
    expect(screen.getByRole('link')).toHaveAttribute('target', '_blank');
  });
});

describe('isWebAddress', () => {
  it.each([
    ['https://ci.example/', true],
    ['HTTP://ci.example/', true],
    ['vbscript:x', false],
    ['/delivery', false],
    [undefined, false],
  ])('%s: %s', (url, web) => {
    expect(isWebAddress(url)).toBe(web);
  });
});
