import { Flex, Text } from '@backstage/ui';
import { ReactNode } from 'react';

/** What stands where there is nothing yet: why it is empty and what to do next. */
export function EmptyState(props: {
  title: string;
  description: ReactNode;
  /** A button or link to the next step. */
  action?: ReactNode;
}) {
  return (
    <Flex direction="column" gap="3" py="6" px="2" align="start">
      <Text as="div" variant="title-x-small" weight="bold">
        {props.title}
      </Text>
      <Text as="div" variant="body-medium" color="secondary">
        {props.description}
      </Text>
      {props.action}
    </Flex>
  );
}
