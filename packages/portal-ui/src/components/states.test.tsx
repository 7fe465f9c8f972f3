import { ResponseError } from '@backstage/errors';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { EmptyState } from './EmptyState';
import { ErrorState } from './ErrorState';
import { Section } from './Section';
import { LoadingSkeleton } from './LoadingSkeleton';
import { TabBar } from './TabBar';

async function refusal(status: number, message: string) {
  return ResponseError.fromResponse(
    new Response(
      JSON.stringify({
        error: { name: 'InputError', message },
        request: { method: 'GET', url: '/', id: 'req-7' },
        response: { statusCode: status },
      }),
      { status, headers: { 'content-type': 'application/json' } },
    ),
  );
}

describe('ErrorState', () => {
  it('says what happened, why, what to do and the request id', async () => {
    const onRetry = jest.fn();
    render(
      <ErrorState
        action="Deployments could not be loaded"
        error={await refusal(400, '"from" must be before "to"')}
        onRetry={onRetry}
      />,
    );
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Deployments could not be loaded',
    );
    expect(screen.getByText(/"from" must be before "to"/)).toHaveTextContent(
      'Correct what it names and try again.',
    );
    expect(screen.getByText('Request id req-7')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
  });

  it('has words for a value that is no error', () => {
    render(<ErrorState error="boom" />);
    expect(screen.getByText(/boom\./)).toBeInTheDocument();
  });
});

describe('Section', () => {
  it('is a region named by its heading', () => {
    render(<Section title="Lead time">42</Section>);
    expect(screen.getByRole('region', { name: 'Lead time' })).toHaveTextContent(
      '42',
    );
    expect(
      screen.getByRole('heading', { level: 2, name: 'Lead time' }),
    ).toBeInTheDocument();
  });
});

it('says why a place is empty and what to do', () => {
  render(
    <EmptyState
      title="No deployments yet"
      description="Run the pipeline."
      action={<a href="/create">Create</a>}
    />,
  );
  expect(screen.getByText('No deployments yet')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Create' })).toBeInTheDocument();
});

it('announces what is being waited for', () => {
  render(<LoadingSkeleton label="Loading deployments" />);
  expect(screen.getByRole('status')).toHaveTextContent('Loading deployments');
});

it('shows the parts of a page as links, and which one is open', () => {
  render(
    <TabBar
      label="Parts of delivery"
      tabs={[
        { id: 'a', label: 'Overview', href: '/delivery' },
        { id: 'b', label: 'Incidents', href: '/delivery?tab=incidents' },
      ]}
      activeTabId="b"
    />,
    { wrapper: MemoryRouter },
  );
  const parts = screen.getByRole('navigation', { name: 'Parts of delivery' });
  expect(within(parts).getByRole('link', { current: 'page' })).toHaveAttribute(
    'href',
    '/delivery?tab=incidents',
  );
  expect(within(parts).getAllByRole('link')).toHaveLength(2);
});
