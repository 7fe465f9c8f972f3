import {
  type FieldExtensionComponentProps,
  type FieldExtensionOptions,
  useTemplateSecrets,
} from '@backstage/plugin-scaffolder-react';
import { ScaffolderField } from '@backstage/plugin-scaffolder-react/alpha';
import { PasswordField } from '@backstage/ui';

/** A secret, which stays out of the answers: stars stand for it there. */
function SecretField(props: FieldExtensionComponentProps<string>) {
  const { name, onChange, rawErrors, required, disabled, schema } = props;
  const { secrets, setSecrets } = useTemplateSecrets();
  return (
    <ScaffolderField
      rawErrors={rawErrors}
      rawDescription={props.uiSchema['ui:description'] ?? schema.description}
      errors={props.errors}
      required={required}
      disabled={disabled}
    >
      <PasswordField
        label={schema.title}
        secondaryLabel={required ? 'Required' : undefined}
        value={secrets[name] ?? ''}
        onChange={secret => {
          setSecrets({ [name]: secret });
          onChange(secret ? '*'.repeat(secret.length) : undefined);
        }}
        autoComplete="off"
        isRequired={required}
        isDisabled={disabled}
        isInvalid={(rawErrors?.length ?? 0) > 0}
        minLength={schema.minLength}
        maxLength={schema.maxLength}
      />
    </ScaffolderField>
  );
}

/** `ui:field: Secret`, the one field that Backstage brings to its own page only and not as an extension. */
export const secretFieldExtension: FieldExtensionOptions<any, any> = {
  name: 'Secret',
  component: SecretField,
};
