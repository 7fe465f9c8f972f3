import { ReactNode } from 'react';
import { Box } from '@backstage/ui';

/** A part that scrolls by itself. It takes focus, so that it can be scrolled without a mouse. */
export function ScrollRegion(props: {
  /** What it holds, for a screen reader. */
  label: string;
  className: string;
  children: ReactNode;
}) {
  return (
    <Box
      role="region"
      aria-label={props.label}
      tabIndex={0}
      className={props.className}
    >
      {props.children}
    </Box>
  );
}
