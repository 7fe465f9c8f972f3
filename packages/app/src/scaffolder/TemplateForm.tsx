import { stringifyEntityRef } from '@backstage/catalog-model';
import { Content } from '@backstage/core-components';
import {
  AnalyticsContext,
  useApi,
  useApiHolder,
  useRouteRef,
} from '@backstage/core-plugin-api';
import { BreadcrumbEntry, configApiRef } from '@backstage/frontend-plugin-api';
import scaffolderPlugin, {
  formDecoratorsApiRef,
} from '@backstage/plugin-scaffolder/alpha';
import type { TemplateParameterSchema } from '@backstage/plugin-scaffolder-common';
import {
  type FieldExtensionOptions,
  type ReviewStepProps,
  scaffolderApiRef,
  SecretsContextProvider,
  useTemplateSecrets,
} from '@backstage/plugin-scaffolder-react';
import {
  type ScaffolderTheme,
  useFilteredSchemaProperties,
  useTemplateParameterSchema,
  useTemplateSchema,
  Workflow,
} from '@backstage/plugin-scaffolder-react/alpha';
import type { JsonObject, JsonValue } from '@backstage/types';
import { TemplateNotice } from '@pavedroad/plugin-golden-paths';
import { ErrorState, LoadingSkeleton } from '@pavedroad/portal-ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { answersFromAddress } from './answersFromAddress';
import { askedOnly } from './askedOnly';
import { decorate } from './decorate';
import { ReviewStep } from './ReviewStep';

const NO_FORM: TemplateParameterSchema = { title: '', steps: [] };

/** What of the answers is asked with them. Takes the pages as the form shows them: a feature flag can hide some. */
function useAskedOnly(form: TemplateParameterSchema | undefined) {
  const shown = useFilteredSchemaProperties(form) ?? NO_FORM;
  const { steps } = useTemplateSchema(shown);
  // Made anew each time, and the same all the same.
  const pages = JSON.stringify(steps.map(({ schema }) => schema));
  return useMemo(() => {
    const schemas: JsonObject[] = JSON.parse(pages);
    return (answers: JsonObject) => askedOnly(schemas, answers);
  }, [pages]);
}

/** Names the form in the document's title; the title of a list that led here would stay otherwise. */
function useFormTitle(title: string | undefined) {
  const appTitle =
    useApi(configApiRef).getOptionalString('app.title') ?? 'Backstage';
  useEffect(() => {
    document.title = [title, 'Create', appTitle].filter(Boolean).join(' | ');
  }, [title, appTitle]);
}

type TemplateFormProps = {
  fieldExtensions: FieldExtensionOptions[];
  theme: ScaffolderTheme;
};

function Form(
  props: TemplateFormProps & {
    namespace: string;
    templateName: string;
    onRetry(): void;
  },
) {
  const { fieldExtensions, theme, namespace, templateName, onRetry } = props;
  const templateRef = stringifyEntityRef({
    kind: 'Template',
    namespace,
    name: templateName,
  });
  const scaffolderApi = useApi(scaffolderApiRef);
  const formDecoratorsApi = useApi(formDecoratorsApiRef);
  const apiHolder = useApiHolder();
  const { secrets } = useTemplateSecrets();
  const navigate = useNavigate();
  const taskPath = useRouteRef(scaffolderPlugin.routes.ongoingTask);
  const { manifest, error } = useTemplateParameterSchema(templateRef);
  const onlyAsked = useAskedOnly(manifest);
  useFormTitle(manifest?.title);

  const formProps = useMemo(
    () => ({
      EXPERIMENTAL_theme: theme,
      // Fields that look at all answers look at those that count.
      formContext: { askedOnly: onlyAsked },
    }),
    [theme, onlyAsked],
  );

  const labels = manifest?.presentation?.buttonLabels;
  const components = useMemo(
    () => ({
      ReviewStepComponent: (step: ReviewStepProps) => (
        <ReviewStep {...step} labels={labels} />
      ),
    }),
    [labels],
  );

  const onCreate = useCallback(
    async (answers: Record<string, JsonValue>) => {
      const asked = onlyAsked(answers) as Record<string, JsonValue>;
      const sent = await decorate(
        {
          answers: asked,
          // The answer to a secret question goes under the same name; others are no answers.
          secrets: Object.fromEntries(
            Object.entries(secrets).filter(
              ([name]) =>
                Object.hasOwn(asked, name) || !Object.hasOwn(answers, name),
            ),
          ),
        },
        {
          asked:
            manifest?.formDecorators ??
            manifest?.EXPERIMENTAL_formDecorators ??
            [],
          decorators: await formDecoratorsApi.getFormDecorators(),
          apiHolder,
        },
      );
      const { taskId } = await scaffolderApi.scaffold({
        templateRef,
        values: sent.answers,
        secrets: sent.secrets,
      });
      navigate(taskPath({ taskId }));
    },
    [
      apiHolder,
      formDecoratorsApi,
      manifest,
      navigate,
      onlyAsked,
      scaffolderApi,
      secrets,
      taskPath,
      templateRef,
    ],
  );

  const failed = (reason: unknown) => (
    <Content>
      <ErrorState
        action="The form could not be loaded"
        error={reason ?? 'It did not say why.'}
        onRetry={onRetry}
      />
    </Content>
  );
  if (error) {
    return failed(error);
  }
  if (!manifest) {
    return (
      <Content>
        <LoadingSkeleton rows={6} label="Loading the form" />
      </Content>
    );
  }
  // Backstage asks for the form once more. Without what it says here, nothing would count as asked, and nothing be sent.
  return (
    <AnalyticsContext attributes={{ entityRef: templateRef }}>
      <TemplateNotice templateRef={templateRef} />
      <Workflow
        namespace={namespace}
        templateName={templateName}
        initialState={answersFromAddress(
          window.location.search,
          manifest.steps.map(({ schema }) => schema),
        )}
        onCreate={onCreate}
        onError={failed}
        components={components}
        extensions={fieldExtensions}
        formProps={formProps}
      />
    </AnalyticsContext>
  );
}

/**
 * The form of a template: Backstage's own, except that what is no longer asked is neither listed at its end nor sent. Backstage keeps such
 * answers for whoever goes back to a former choice, which is good, and then takes them for answers.
 */
export function TemplateForm(props: TemplateFormProps) {
  const { namespace = '', templateName = '' } = useParams();
  const [attempt, setAttempt] = useState(1);
  return (
    <BreadcrumbEntry entry={{ label: templateName, href: '.' }}>
      <SecretsContextProvider key={`${namespace}/${templateName}`}>
        <Form
          {...props}
          // Both requests are made anew by a form that is.
          key={attempt}
          namespace={namespace}
          templateName={templateName}
          onRetry={() => setAttempt(attempt + 1)}
        />
      </SecretsContextProvider>
    </BreadcrumbEntry>
  );
}
