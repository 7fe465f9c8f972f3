import { DataQualityNote, Exclusion } from '@pavedroad/plugin-dora-common';
import {
  Accordion,
  AccordionPanel,
  AccordionTrigger,
  Text,
} from '@backstage/ui';
import { formatPlural, Section } from '@pavedroad/portal-ui';
import { EXCLUSION_WORDS, nameServices, QUALITY_WORDS } from '../words/notes';
import { METRIC_NAMES, METRIC_TITLES } from '../words/figures';
import styles from './delivery.module.css';

/** What is missing behind the numbers, and what to connect. */
export function DataQualitySection({ notes }: { notes: DataQualityNote[] }) {
  return (
    <div id="what-to-connect" tabIndex={-1} className={styles.target}>
      <Section title="What the numbers do not know">
        {notes.length === 0 ? (
          <Text as="p">
            Everything that the definitions ask for is connected.
          </Text>
        ) : (
          <ul className={styles.notes}>
            {notes.map(note => {
              const words = QUALITY_WORDS[note.code];
              return (
                <li key={note.code}>
                  <Text as="div" weight="bold">
                    {words.title(nameServices(note.services), note)}
                  </Text>
                  <Text as="div" color="secondary">
                    {words.advice}
                  </Text>
                  {note.services.length > 2 ? (
                    <details>
                      <summary>Which services</summary>
                      {note.services.join(', ')}
                    </details>
                  ) : undefined}
                </li>
              );
            })}
          </ul>
        )}
      </Section>
    </div>
  );
}

/** What the definitions leave out of some metric, counted. */
export function ExclusionsSection({ excluded }: { excluded: Exclusion[] }) {
  return (
    <Section title="What was left out">
      {excluded.length === 0 ? (
        <Text as="p">Nothing in this period.</Text>
      ) : (
        <ul className={styles.notes}>
          {excluded.map(({ reason, changes, deployments, incidents }) => (
            <li key={reason}>
              <Text as="div" weight="bold">
                {[
                  changes > 0 && formatPlural(changes, 'change'),
                  deployments > 0 && formatPlural(deployments, 'deployment'),
                  incidents > 0 && formatPlural(incidents, 'incident'),
                ]
                  .filter(Boolean)
                  .join(', ')}
              </Text>
              <Text as="div" color="secondary">
                {EXCLUSION_WORDS[reason]}.
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

const DEFINITIONS: Record<(typeof METRIC_NAMES)[number], string> = {
  changeLeadTime:
    'For each change, the time from its commit (committer time of the original commit) to the finish of the deployment that first brought it. Median and percentiles over changes, never an average. Changes by configured bots are left out of this metric only.',
  deploymentFrequency:
    'Deployments that brought a change of revision; repeating a revision and rolling back do not count. A typical week is the median over whole weeks, Monday to Sunday, weeks without deployments included.',
  changeFailRate:
    'Of these deployments, the share to which at least one failure in production is attributed. A deployment fails at most once, however many incidents it caused.',
  failedDeploymentRecoveryTime:
    'For each failed deployment, the time from its finish until service was restored: its last incident resolved or, without incidents, the first repair that did not itself fail. Deployments not recovered are counted apart.',
  deploymentReworkRate:
    'Of these deployments and rollbacks, the share that was unplanned and made because of an incident in production: rollbacks, hotfixes, reverts and fixes linked to an incident.',
};

/** What each number means, and how sure it is. */
export function DefinitionSection({ version }: { version: number }) {
  return (
    <Accordion>
      <AccordionTrigger
        title={`How these numbers are defined (version ${version})`}
      />
      <AccordionPanel>
        <dl className={styles.definitions}>
          {METRIC_NAMES.map(name => (
            <div key={name}>
              <dt>{METRIC_TITLES[name]}</dt>
              <dd>{DEFINITIONS[name]}</dd>
            </div>
          ))}
          <div>
            <dt>How sure</dt>
            <dd>
              Rates carry Wilson’s 95 % interval, medians one that treats the
              commits of a deployment as belonging together. Fewer than 5
              deployments or 6 values are marked. “Changed” is said only when
              chance alone would show such a difference less than once in twenty
              times.
            </dd>
          </div>
          <div>
            <dt>Failures</dt>
            <dd>
              Counted only from the moment a source reports them. A service
              without such a source is left out, and never counts as 0 %.
            </dd>
          </div>
        </dl>
      </AccordionPanel>
    </Accordion>
  );
}
