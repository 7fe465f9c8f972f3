import { Flex } from '@backstage/ui';
import { ReactNode } from 'react';

/** The row of controls that decide what a page shows. Wraps on a narrow screen. */
export function FilterBar(props: {
  /** What the controls filter, for a screen reader: "Filter deployments". */
  label?: string;
  children: ReactNode;
}) {
  return (
    <Flex
      role="group"
      aria-label={props.label ?? 'Filters'}
      gap="3"
      align="end"
      style={{ flexWrap: 'wrap' }}
    >
      {props.children}
    </Flex>
  );
}
