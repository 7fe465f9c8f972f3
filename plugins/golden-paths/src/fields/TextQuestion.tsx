import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { Flex, Text, TextAreaField, TextField } from '@backstage/ui';
import { textProblem } from '@pavedroad/plugin-golden-paths-common';
import { useId } from 'react';
import styles from './fields.module.css';

/** Options of the field in a template. */
export type TextQuestionOptions = {
  /** Lines that are shown; one by default. A line break is refused all the same where the pattern refuses it. */
  rows?: number;
};

/** What is in a template's schema besides what JSON schemas know. */
type Schema = {
  errorMessage?: { pattern?: string };
};

/** A text that says as one types whether it is what the form asks for, and what it cannot have. */
export function TextQuestion(
  props: FieldExtensionComponentProps<string, TextQuestionOptions>,
) {
  const { formData, idSchema, onChange, rawErrors, required, schema } = props;
  const { title = '', description, minLength, maxLength, pattern } = schema;
  const text = formData ?? '';
  const missing = required && (rawErrors ?? []).length > 0;
  // Nothing is wrong yet where nobody has typed.
  const problem =
    formData === undefined && !missing
      ? undefined
      : textProblem(text, {
          minLength,
          maxLength,
          pattern,
          words: (schema as Schema).errorMessage?.pattern,
        });
  const statusId = useId();
  const rows = props.uiSchema?.['ui:options']?.rows ?? 1;
  const common = {
    id: idSchema?.$id,
    label: title,
    description: props.uiSchema?.['ui:description'] ?? description,
    secondaryLabel: required ? 'Required' : undefined,
    isRequired: required,
    isInvalid: problem !== undefined,
    'aria-describedby': statusId,
    autoFocus: props.autofocus,
    placeholder: props.placeholder,
    value: text,
    // An answer that is not required and was taken back is empty, or its default would come again.
    onChange: (value: string) =>
      onChange(value === '' && required ? undefined : value),
  };
  return (
    <Flex direction="column" gap="1" className={styles.question}>
      {rows > 1 ? (
        <TextAreaField {...common} rows={rows} />
      ) : (
        <TextField {...common} autoComplete="off" />
      )}
      <div id={statusId} role="status">
        {problem ? (
          <Text variant="body-small" color="danger">
            {problem}
          </Text>
        ) : undefined}
        {!problem && maxLength && text.length > maxLength * 0.8 ? (
          <Text variant="body-small" color="secondary">
            {[...text].length} of {maxLength} characters.
          </Text>
        ) : undefined}
      </div>
    </Flex>
  );
}
