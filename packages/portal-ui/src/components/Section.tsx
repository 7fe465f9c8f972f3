import { Card, CardBody, CardHeader, Flex, Text } from '@backstage/ui';
import { ReactNode, useId } from 'react';

/** A titled part of a page: a card that is also a region, so that a screen reader can jump to it. */
export function Section(props: {
  title: string;
  subtitle?: ReactNode;
  actions?: ReactNode;
  /** Level of the title in the page's outline; 2 unless it stands inside another section. */
  headingLevel?: 2 | 3 | 4;
  children: ReactNode;
}) {
  const headingId = useId();
  return (
    <Card
      role="region"
      aria-labelledby={headingId}
      // A grid item shrinks below its content only when told to; without it a wide table widens the page.
      style={{ minWidth: 0 }}
    >
      <CardHeader>
        <Flex
          justify="between"
          align="start"
          gap="3"
          style={{ flexWrap: 'wrap' }}
        >
          <Flex
            direction="column"
            gap="1"
            // A long subtitle breaks before it sends the actions to a line of their own.
            style={{ flex: '1 1 220px', minWidth: 0 }}
          >
            <Text
              as={`h${props.headingLevel ?? 2}`}
              variant="title-x-small"
              weight="bold"
              id={headingId}
              style={{ margin: 0 }}
            >
              {props.title}
            </Text>
            {props.subtitle ? (
              <Text as="div" variant="body-medium" color="secondary">
                {props.subtitle}
              </Text>
            ) : undefined}
          </Flex>
          {props.actions}
        </Flex>
      </CardHeader>
      <CardBody>{props.children}</CardBody>
    </Card>
  );
}
