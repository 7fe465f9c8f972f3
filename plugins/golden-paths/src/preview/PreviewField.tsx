import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { Alert, Flex, Text } from '@backstage/ui';
import type { Preview } from '@pavedroad/plugin-golden-paths-common';
import {
  ErrorState,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router-dom';
import { fetchPreview, isRefusal, refusedAnswers } from '../api/preview';
import { TimeSaved } from '../timeSaved/TimeSaved';
import { FileBrowser } from './FileBrowser';
import { formatBytes } from './fileTree';

/** How long answers must rest before they are rendered, in milliseconds. */
const REST_MS = 500;

/** A value once it has not changed for a while. */
function useRested<T>(value: T, milliseconds: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return rested;
}

const counted = (count: number, one: string) =>
  `${count} ${one}${count === 1 ? '' : 's'}`;

function headline({ makes, files, bytes }: Preview): string {
  if (makes === 'repository') {
    return `${counted(files.length, 'file')}, ${formatBytes(bytes)} in all`;
  }
  const parts = (['new', 'changed', 'deleted'] as const).flatMap(kind => {
    const count = files.filter(({ change }) => change === kind).length;
    return count > 0 ? [`${count} ${kind}`] : [];
  });
  return `${counted(files.length, 'file')}: ${parts.join(', ')}`;
}

function PreviewBody(props: { preview: Preview }) {
  const { preview } = props;
  if (preview.refused) {
    return (
      <Alert
        status="warning"
        icon
        title="It would be refused with these answers"
        description={preview.refused}
      />
    );
  }
  if (preview.nothing) {
    return <Text variant="body-medium">{preview.nothing}</Text>;
  }
  return (
    <Flex direction="column" gap="3">
      {preview.proposal ? (
        <Text variant="body-medium">
          Opens the pull request “{preview.proposal.title}” from the branch{' '}
          {preview.proposal.branch}. Nothing changes before it is merged.
        </Text>
      ) : undefined}
      <FileBrowser files={preview.files} />
      {preview.makes === 'repository' && preview.later.length > 0 ? (
        <Flex direction="column" gap="1">
          <Text variant="body-small" weight="bold">
            Creating it then
          </Text>
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {preview.later.map(({ words }) => (
              <li key={words}>
                <Text variant="body-small">{words}</Text>
              </li>
            ))}
          </ul>
        </Flex>
      ) : undefined}
      {preview.notes.map(note => (
        <Text key={note} variant="body-small" color="secondary">
          {note}
        </Text>
      ))}
    </Flex>
  );
}

function PreviewSection(props: {
  templateRef: string;
  answers: Record<string, unknown>;
  /** Whether this page of the form would let one go on. */
  answered: boolean;
}) {
  const { templateRef, answers, answered } = props;
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  // What rests must be good by itself: the answers before may be what this page refuses.
  const asked = answered ? JSON.stringify(answers) : undefined;
  const rested = useRested(asked, REST_MS);
  const { data, error, isLoading, reload } = useAsyncData(
    rested ? `golden-paths/preview/${templateRef}/${rested}` : undefined,
    () =>
      fetchPreview(
        { templateRef, values: JSON.parse(rested ?? '{}') },
        { discoveryApi, fetchApi },
      ),
  );
  const failed = answered ? error : undefined;
  const refusals = failed ? refusedAnswers(failed) : undefined;
  const waiting = answered && (isLoading || asked !== rested);
  const shown = answered && !failed ? data : undefined;
  let subtitle = 'As they would be with these answers; nothing is created yet';
  if (waiting) {
    subtitle = shown ? 'Updating…' : 'Working out the files…';
  } else if (shown?.refused || refusals) {
    subtitle = 'Nothing can be shown';
  } else if (shown && !shown.nothing) {
    subtitle = `${headline(shown)}. Nothing is created yet.`;
  }
  return (
    <Section
      title={shown?.makes === 'change' ? 'What would change' : 'The files'}
      subtitle={<span role="status">{subtitle}</span>}
    >
      {shown ? <PreviewBody preview={shown} /> : undefined}
      {answered ? undefined : (
        <Text variant="body-medium" color="secondary">
          They show up here once everything that is required is answered.
        </Text>
      )}
      {refusals ? (
        <Alert
          status="warning"
          icon
          title="The portal does not take these answers"
          description={
            <ul style={{ margin: 0, paddingInlineStart: 20 }}>
              {refusals.map(words => (
                <li key={words}>{words}</li>
              ))}
            </ul>
          }
        />
      ) : undefined}
      {failed && !refusals ? (
        <ErrorState
          action={
            isRefusal(failed)
              ? 'The preview could not be made'
              : 'The preview could not be made; you can go on without it'
          }
          error={failed}
          onRetry={reload}
        />
      ) : undefined}
      {answered && !shown && !failed ? <LoadingSkeleton rows={6} /> : undefined}
    </Section>
  );
}

/** What a form tells its fields. */
type FormContext = {
  formData?: Record<string, unknown>;
  /** The answers to what is asked with them; the form keeps others, too. Only the form knows what its other pages ask. */
  askedOnly?(answers: Record<string, unknown>): Record<string, unknown>;
};

/** The form's validator, which looks at all answers and not at this field alone. */
type AnswersValidator = {
  isValid(schema: unknown, answers: unknown, rootSchema: unknown): boolean;
};

/** What the template would write with the answers so far. Holds no answer itself, and never keeps anybody from going on. */
export function PreviewField(props: FieldExtensionComponentProps<null>) {
  const { namespace, templateName } = useParams();
  const { formData = {}, askedOnly } = (props.formContext ?? {}) as FormContext;
  if (!namespace || !templateName) {
    return (
      <Text variant="body-small" color="secondary">
        The files show up here when the template is opened from the catalog.
      </Text>
    );
  }
  const templateRef = `template:${namespace}/${templateName}`;
  const answers = askedOnly?.(formData) ?? formData;
  const { rootSchema, schemaUtils } = props.registry;
  // Asking what is sure to be refused would only cost time; earlier pages were answered before.
  const answered = (
    schemaUtils.getValidator() as unknown as AnswersValidator
  ).isValid(rootSchema, answers, rootSchema);
  return (
    <Flex direction="column" gap="4">
      <TimeSaved templateRef={templateRef} />
      <PreviewSection
        templateRef={templateRef}
        answers={answers}
        answered={answered}
      />
    </Flex>
  );
}
