import { ButtonLink, Flex } from '@backstage/ui';
import { EmptyState, PageHeader, Section } from '@pavedroad/portal-ui';

/** What an address without a page shows. */
export function NotFound() {
  return (
    <Flex direction="column" gap="4" p="5">
      <PageHeader title="Page not found" />
      <Section title="Nothing is at this address">
        <EmptyState
          title="It may have been moved or removed"
          description="Check the address, or look for the page by its name."
          action={
            <Flex gap="2">
              <ButtonLink href="/search" variant="primary">
                Search
              </ButtonLink>
              <ButtonLink href="/" variant="secondary">
                Home
              </ButtonLink>
            </Flex>
          }
        />
      </Section>
    </Flex>
  );
}
