import { Alert, Button, Flex, Text } from '@backstage/ui';
import { ReactNode } from 'react';
import { explainError } from '../errors/explainError';

/** What stands where something failed: what happened, why, what to do, and the id to quote. The rest of the page stays. */
export function ErrorState(props: {
  error: unknown;
  /** What was being done, to begin the sentence with: "Deployments could not be loaded". */
  action?: string;
  onRetry?: () => void;
}) {
  const explained = explainError(props.error);
  const details: ReactNode = (
    <Flex direction="column" gap="2">
      <Text as="span" variant="body-medium">
        {explained.message} {explained.advice}
      </Text>
      {explained.requestId ? (
        <Text as="span" variant="body-small">
          Request id {explained.requestId}
        </Text>
      ) : undefined}
    </Flex>
  );
  return (
    <Alert
      role="alert"
      status="danger"
      icon
      title={props.action ?? 'This could not be loaded'}
      description={details}
      customActions={
        props.onRetry ? (
          <Button size="small" variant="secondary" onPress={props.onRetry}>
            Try again
          </Button>
        ) : undefined
      }
    />
  );
}
