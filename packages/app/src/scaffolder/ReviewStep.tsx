import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ReviewStepProps } from '@backstage/plugin-scaffolder-react';
import {
  type ParsedTemplateSchema,
  ReviewState,
  scaffolderReactTranslationRef,
} from '@backstage/plugin-scaffolder-react/alpha';
import { Button, Flex, Text } from '@backstage/ui';
import { ErrorState } from '@pavedroad/portal-ui';
import { useState } from 'react';
import { askedOnly } from './askedOnly';

/** The last page of a form: what is sent and no more, and why it could not be. */
export function ReviewStep(
  props: ReviewStepProps & {
    /** What the template calls the buttons. */
    labels?: { backButtonText?: string; createButtonText?: string };
  },
) {
  const { formData, handleBack, labels } = props;
  const steps = props.steps as ParsedTemplateSchema[];
  const { t } = useTranslationRef(scaffolderReactTranslationRef);
  const [creating, setCreating] = useState(false);
  const [error, setError] = useState<unknown>();

  const create = async () => {
    setCreating(true);
    setError(undefined);
    try {
      // It answers a promise, whatever its type says.
      await props.handleCreate();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setCreating(false);
    }
  };

  return (
    <Flex direction="column" gap="4">
      <ReviewState
        schemas={steps}
        formState={askedOnly(
          steps.map(({ schema }) => schema),
          formData,
        )}
      />
      {error ? (
        <ErrorState action="It could not be created" error={error} />
      ) : undefined}
      <Flex justify="end" align="center" gap="2">
        <Text role="status" variant="body-small" color="secondary">
          {creating ? 'Starting…' : ''}
        </Text>
        <Button variant="tertiary" onPress={handleBack} isDisabled={creating}>
          {labels?.backButtonText ?? t('stepper.backButtonText')}
        </Button>
        {/* Not pending: what announces that would stay, without its button, on the page that follows. */}
        <Button variant="primary" onPress={create} isDisabled={creating}>
          {labels?.createButtonText ?? t('stepper.createButtonText')}
        </Button>
      </Flex>
    </Flex>
  );
}
