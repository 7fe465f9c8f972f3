import { useBreakpoint } from '@backstage/ui';

/** Whether the screen is too narrow for a table: a list takes its place. */
export function useIsNarrow(): boolean {
  const { up } = useBreakpoint();
  return !up('sm');
}
