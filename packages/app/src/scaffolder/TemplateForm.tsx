import { stringifyEntityRef } from '@backstage/catalog-model';
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
import { useCallback, useEffect, useMemo } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router-dom';
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
  props: TemplateFormProps & { namespace: string; templateName: string },
) {
  const { fieldExtensions, theme, namespace, templateName } = props;
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
  const createPath = useRouteRef(scaffolderPlugin.routes.root);
  const taskPath = useRouteRef(scaffolderPlugin.routes.ongoingTask);
  const { manifest } = useTemplateParameterSchema(templateRef);
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

  return (
    <AnalyticsContext attributes={{ entityRef: templateRef }}>
      <TemplateNotice templateRef={templateRef} />
      <Workflow
        namespace={namespace}
        templateName={templateName}
        onCreate={onCreate}
        onError={() => <Navigate to={createPath()} />}
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
  return (
    <BreadcrumbEntry entry={{ label: templateName, href: '.' }}>
      <SecretsContextProvider key={`${namespace}/${templateName}`}>
        <Form {...props} namespace={namespace} templateName={templateName} />
      </SecretsContextProvider>
    </BreadcrumbEntry>
  );
}
