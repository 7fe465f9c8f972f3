import { ButtonLink, Container, Flex, Text } from '@backstage/ui';
import { PageHeader, Section } from '@pavedroad/portal-ui';

/** What an address without a page shows. */
export function NotFound() {
  return (
    <Container>
      <PageHeader title="Page not found" />
      <Section title="Nothing is at this address">
        <Flex direction="column" gap="3">
          <Text as="p" color="secondary">
            It may have been moved or removed. Check the address, or look for
            the page by its name.
          </Text>
          <Flex gap="2">
            <ButtonLink href="/search" variant="primary">
              Search
            </ButtonLink>
            <ButtonLink href="/" variant="secondary">
              Home
            </ButtonLink>
          </Flex>
        </Flex>
      </Section>
    </Container>
  );
}
