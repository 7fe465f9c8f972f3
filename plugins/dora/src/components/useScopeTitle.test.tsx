import { PropsWithChildren } from 'react';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import { entityPresentationApiRef } from '@backstage/plugin-catalog-react';
import { renderHook, waitFor } from '@testing-library/react';
import { SWRConfig } from 'swr';
import { useScopeTitle } from './useScopeTitle';

const titles: Record<string, string> = {
  'group:default/payments': 'Payments',
  'system:default/shop': 'The shop',
};
const presentation = {
  forEntity: jest.fn((ref: string) => {
    const answer = { primaryTitle: titles[ref], entityRef: ref };
    return { snapshot: answer, promise: Promise.resolve(answer) };
  }),
};

function App({ children }: PropsWithChildren) {
  return (
    <TestApiProvider apis={[[entityPresentationApiRef, presentation as never]]}>
      <SWRConfig value={{ provider: () => new Map() }}>{children}</SWRConfig>
    </TestApiProvider>
  );
}

it('finds what people call a part of the organisation, and never calls one by the name of another', async () => {
  const seen: [string | undefined, string | undefined][] = [];
  const { rerender } = renderHook(
    ({ scope }: { scope?: string }) => {
      seen.push([scope, useScopeTitle(scope)]);
    },
    {
      wrapper: App,
      initialProps: { scope: 'group:default/payments' } as { scope?: string },
    },
  );
  await waitFor(() =>
    expect(seen.at(-1)).toEqual(['group:default/payments', 'Payments']),
  );
  rerender({ scope: 'system:default/shop' });
  await waitFor(() =>
    expect(seen.at(-1)).toEqual(['system:default/shop', 'The shop']),
  );
  rerender({ scope: undefined });
  expect(seen.at(-1)).toEqual([undefined, undefined]);
  for (const [scope, title] of seen) {
    expect([undefined, titles[scope ?? '']]).toContain(title);
  }
  expect(presentation.forEntity).toHaveBeenCalledWith(
    'group:default/payments',
    {
      defaultKind: 'group',
    },
  );
});
