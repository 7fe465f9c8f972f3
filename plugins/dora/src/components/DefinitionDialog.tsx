import {
  Button,
  Dialog,
  DialogBody,
  DialogHeader,
  DialogTrigger,
} from '@backstage/ui';
import { MetricName, MetricsResponse } from '@pavedroad/plugin-dora-common';
import { METRIC_NAMES, METRIC_TITLES } from '../words/figures';
import { COMMON_DEFINITIONS, DEFINITIONS } from '../words/definitions';
import { exclusionCounts, EXCLUSION_WORDS } from '../words/notes';
import styles from './delivery.module.css';

/** How one metric is defined, what was left out of it here, and how sure it is; opened from its figure. */
export function DefinitionDialog(props: {
  name: MetricName;
  response: Pick<MetricsResponse, 'definition' | 'excluded'>;
}) {
  const { name, response } = props;
  return (
    <DialogTrigger>
      <Button
        size="small"
        variant="tertiary"
        aria-label={`How it is measured: ${METRIC_TITLES[name]}`}
      >
        How it is measured
      </Button>
      <Dialog width={560}>
        <DialogHeader>{METRIC_TITLES[name]}</DialogHeader>
        <DialogBody tabIndex={0}>
          <Definition name={name} response={response} />
          <p className={styles.muted}>
            Definition version {response.definition.version}.
          </p>
        </DialogBody>
      </Dialog>
    </DialogTrigger>
  );
}

/** All definitions at once. */
export function AllDefinitionsDialog(props: {
  response: Pick<MetricsResponse, 'definition' | 'excluded'>;
}) {
  return (
    <DialogTrigger>
      <Button variant="secondary">Definitions</Button>
      <Dialog width={640}>
        <DialogHeader>
          {`How these numbers are defined (version ${props.response.definition.version})`}
        </DialogHeader>
        <DialogBody tabIndex={0}>
          <AllDefinitions response={props.response} />
        </DialogBody>
      </Dialog>
    </DialogTrigger>
  );
}

/** Every metric's definition, and what holds for all of them. */
export function AllDefinitions(props: {
  response: Pick<MetricsResponse, 'excluded'>;
  /** Level of each metric's title in the outline around it; 3 unless told. */
  headingLevel?: 3 | 4;
}) {
  const Heading = `h${props.headingLevel ?? 3}` as const;
  return (
    <>
      {METRIC_NAMES.map(name => (
        <section key={name}>
          <Heading className={styles.definitionTitle}>
            {METRIC_TITLES[name]}
          </Heading>
          <Definition name={name} response={props.response} />
        </section>
      ))}
      <Heading className={styles.definitionTitle}>For all of them</Heading>
      <dl className={styles.definitions}>
        {COMMON_DEFINITIONS.map(({ title, text }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Definition(props: {
  name: MetricName;
  response: Pick<MetricsResponse, 'excluded'>;
}) {
  const { means, leftOut, sure } = DEFINITIONS[props.name];
  const here = props.response.excluded.filter(({ reason }) =>
    leftOut.includes(reason),
  );
  return (
    <dl className={styles.definitions}>
      <div>
        <dt>What it is</dt>
        <dd>{means}</dd>
      </div>
      {leftOut.length > 0 ? (
        <div>
          <dt>Left out here</dt>
          <dd>
            {here.length === 0
              ? 'Nothing in this period.'
              : here.map(exclusion => (
                  <div key={exclusion.reason}>
                    {`${exclusionCounts(exclusion)}: ${
                      EXCLUSION_WORDS[exclusion.reason]
                    }.`}
                  </div>
                ))}
          </dd>
        </div>
      ) : undefined}
      <div>
        <dt>How sure</dt>
        <dd>{sure}</dd>
      </div>
    </dl>
  );
}
