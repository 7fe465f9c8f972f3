import { useEntity } from '@backstage/plugin-catalog-react';
import { Flex, Link, Text } from '@backstage/ui';
import { Section } from '@pavedroad/portal-ui';
import { objectivesOf } from './objectives';
import styles from './card.module.css';

/** What a component promises, and where the runbook of what was added later is. */
export function ObjectivesCard() {
  const { entity } = useEntity();
  return (
    <Section
      title="Objectives"
      subtitle="What its alerts hold it to; how well it does is on its dashboard"
    >
      <ul className={styles.objectives}>
        {objectivesOf(entity).map(({ name, words, runbook }) => (
          <li key={name ?? words}>
            <Flex direction="column" gap="1">
              <Text>{words}</Text>
              {name ? (
                <Text variant="body-small" color="secondary">
                  {name}
                  {runbook ? (
                    <>
                      {' · '}
                      <Link
                        href={runbook}
                        variant="body-small"
                        aria-label={`Runbook of ${name}`}
                      >
                        runbook
                      </Link>
                    </>
                  ) : undefined}
                </Text>
              ) : undefined}
            </Flex>
          </li>
        ))}
      </ul>
    </Section>
  );
}
