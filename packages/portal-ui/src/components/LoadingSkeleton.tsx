import { Flex, Skeleton, VisuallyHidden } from '@backstage/ui';

/** Holds the place of content that is on its way, and says so to a screen reader. */
export function LoadingSkeleton(props: {
  /** Lines to hold; 3 unless told. */
  rows?: number;
  /** Height of a line in pixels; 20 unless told. */
  rowHeight?: number;
  /** What is being waited for: "Loading deployments". */
  label?: string;
}) {
  return (
    <div role="status" aria-busy="true">
      <VisuallyHidden>{props.label ?? 'Loading'}</VisuallyHidden>
      <Flex direction="column" gap="3" aria-hidden="true">
        {Array.from({ length: props.rows ?? 3 }, (_, row) => (
          <Skeleton key={row} width="100%" height={props.rowHeight ?? 20} />
        ))}
      </Flex>
    </div>
  );
}
