import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  BackstageCredentials,
  BackstageUserPrincipal,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  taskCreatePermission,
  templateParameterReadPermission,
  templateStepReadPermission,
} from '@backstage/plugin-scaffolder-common/alpha';
import {
  DraftTemplateError,
  ManifestError,
  type Preview,
  PREVIEW_FIELD,
  type PreviewRequest,
} from '@pavedroad/plugin-golden-paths-common';
import {
  type Answers,
  changeActions,
  type CheckoutInput,
  type CheckoutServices,
  NothingToPropose,
  prepareCheckout,
  Problem,
  type Proposal,
  readRepository,
  type Render,
  type Renderer,
  REPOSITORY_FOLDER,
  secretQuestions,
  type Template,
  type TemplateProperty,
} from '@pavedroad/plugin-golden-paths-node';
import { describeProposal, describeRepository } from './describeFiles';
import type { Limits } from './Limits';
import type { TemplateSource } from './TemplateSource';

/** What stands for a secret: nothing of it goes into a render. */
const MASK = '********';

/** What steps do that run only once it is created. */
const LATER: Record<string, string> = {
  'pavedroad:publish': 'Creates the repository and pushes these files to it',
  'pavedroad:register': 'Puts it into the catalog',
  'pavedroad:connect':
    'Gives its pipeline a credential to report deployments with, or says how to where the portal does not reach the CI system',
  'pavedroad:propose': 'Opens the pull request',
};

/** Creating it with these answers would be refused: for a preview an outcome like any other. */
class Refusal extends Error {}

/** Whether this says no to a change for what it is asked to be, as the task would, and not because something broke. */
function refuses(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof NotAllowedError ||
    error instanceof NotFoundError ||
    error instanceof ConflictError ||
    error instanceof ManifestError
  );
}

/** Renders what a template would write, for the person who fills in its form. Nothing is written anywhere but in a folder that is removed. */
export class PreviewService {
  constructor(
    private readonly options: CheckoutServices & {
      limits: Limits;
      permissions: PermissionsService;
      render: Renderer;
      source: TemplateSource;
      timeoutMs: number;
      /** Folder to render in; made when needed. */
      workFolder: string;
    },
  ) {}

  /**
   * What the form takes and the change refuses, such as a component of others, is an outcome: `refused`.
   *
   * @throws InputError for answers that the form refuses, NotFoundError, NotAllowedError, TooManyRequestsError, ServiceUnavailableError
   *   when it takes too long
   */
  async preview(
    request: PreviewRequest,
    credentials: BackstageCredentials<BackstageUserPrincipal>,
  ): Promise<Preview> {
    const { limits, timeoutMs } = this.options;
    const entity = await this.readTemplate(request.templateRef, credentials);
    // Counts from here: whoever waits for a turn waits as well.
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await limits.run(
        credentials.principal.userEntityRef,
        () =>
          this.options.source.use(entity, signal, template =>
            this.render(template, request.values, credentials, signal),
          ),
        signal,
      );
    } catch (error) {
      if (error instanceof Problem) {
        throw new InputError(error.message);
      }
      if (signal.aborted) {
        throw new ServiceUnavailableError(
          `The preview was given up after ${
            timeoutMs / 1000
          } seconds. Creating does not wait for it.`,
        );
      }
      throw error;
    }
  }

  /** The template as the user sees it, if they may create from it. */
  private async readTemplate(
    ref: string,
    credentials: BackstageCredentials,
  ): Promise<Entity> {
    const { catalog, permissions } = this.options;
    const wanted = readTemplateRef(ref);
    const [create] = await permissions.authorize(
      [{ permission: taskCreatePermission }],
      { credentials },
    );
    const read = await permissions.authorizeConditional(
      [
        { permission: templateParameterReadPermission },
        { permission: templateStepReadPermission },
      ],
      { credentials },
    );
    // Parts that are hidden from somebody cannot be told from a render: who may not read all of it gets none.
    if (
      [create, ...read].some(({ result }) => result !== AuthorizeResult.ALLOW)
    ) {
      throw new NotAllowedError(
        'You may not create from this template, or not see all of it.',
      );
    }
    const entity = await catalog.getEntityByRef(wanted, { credentials });
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${wanted} that you can see.`);
    }
    return entity;
  }

  private async render(
    template: Template,
    values: Answers,
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<Preview> {
    await mkdir(this.options.workFolder, { recursive: true });
    const folder = await mkdtemp(join(this.options.workFolder, 'preview-'));
    try {
      const answers = previewAnswers(template, values);
      const masked = withSecretsUnchecked(template);
      const changes = template.steps.some(
        ({ action }) => action === 'pavedroad:checkout',
      );
      return await (changes
        ? this.renderChange(masked, answers, folder, credentials, signal)
        : this.renderRepository(masked, answers, folder, signal));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async renderRepository(
    template: Template,
    answers: Answers,
    folder: string,
    signal: AbortSignal,
  ): Promise<Preview> {
    const { config, render } = this.options;
    const result = await render(template, answers, folder, {
      portalUrl: this.portalUrl(),
      signal,
    });
    const files = await describeRepository(folder);
    const provider =
      config.getOptionalString('goldenPaths.publish.provider') ?? 'git';
    return {
      ...this.headOf(template),
      makes: 'repository',
      files,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      later: laterSteps(template, result),
      notes: [
        ...(provider === 'git'
          ? []
          : [
              'Addresses in the files are shown as they would be on the portal’s own git host; the real ones are written when it is created.',
            ]),
        ...unknownSteps(template, result),
      ],
    };
  }

  private async renderChange(
    template: Template,
    answers: Answers,
    folder: string,
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<Preview> {
    const proposals: Proposal[] = [];
    const notes: string[] = [];
    const actions = {
      ...changeActions(
        template,
        proposal => proposals.push(proposal),
        this.portalUrl(),
      ),
      // The repository itself, read as the user may read it, instead of what offline stands for it.
      'pavedroad:checkout': async (input: Record<string, unknown>) => {
        try {
          const checkout = await prepareCheckout(
            this.options,
            checkoutInput(input),
            credentials,
          );
          const output = await checkout.perform({
            folder: join(folder, REPOSITORY_FOLDER),
            templateRef: this.headOf(template).templateRef,
            signal,
          });
          notes.push(...output.warnings);
          return output;
        } catch (error) {
          throw refuses(error) ? new Refusal(error.message) : error;
        }
      },
    };
    let nothing: string | undefined;
    let refused: string | undefined;
    let result: Render | undefined;
    try {
      result = await this.options.render(template, answers, folder, {
        portalUrl: this.portalUrl(),
        signal,
        actions,
      });
    } catch (error) {
      if (error instanceof Refusal || error instanceof DraftTemplateError) {
        refused = error.message;
      } else if (error instanceof NothingToPropose) {
        nothing = error.message;
      } else {
        throw error;
      }
    }
    const [proposal] = proposals;
    const files = proposal
      ? describeProposal(
          proposal,
          await readRepository(join(folder, REPOSITORY_FOLDER)),
        )
      : [];
    return {
      ...this.headOf(template),
      makes: 'change',
      files,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      later: template.steps
        .filter(({ action }) => action === 'pavedroad:propose')
        .map(step => ({
          step: step.name ?? step.id,
          words: LATER[step.action],
        })),
      notes: [...notes, ...(result ? unknownSteps(template, result) : [])],
      ...(proposal
        ? {
            proposal: {
              branch: proposal.branch,
              title: proposal.title,
              description: proposal.description,
            },
          }
        : {}),
      ...(refused === undefined ? {} : { refused }),
      ...(files.length === 0 && refused === undefined
        ? {
            nothing:
              nothing ??
              'The repository has everything already: nothing would change.',
          }
        : {}),
    };
  }

  private headOf(template: Template) {
    const { name, namespace } = template.entity.metadata;
    return {
      templateRef: stringifyEntityRef({
        kind: 'template',
        namespace: typeof namespace === 'string' ? namespace : 'default',
        name,
      }),
      version: template.version,
    };
  }

  private portalUrl(): string {
    return this.options.config.getString('backend.baseUrl').replace(/\/$/, '');
  }
}

function readTemplateRef(ref: string): string {
  try {
    const parsed = parseEntityRef(ref, {
      defaultKind: 'template',
      defaultNamespace: 'default',
    });
    if (parsed.kind.toLowerCase() === 'template') {
      return stringifyEntityRef(parsed);
    }
  } catch {
    // Said below.
  }
  throw new InputError(`"${ref.slice(0, 100)}" names no template.`);
}

/** The answers without what is none, and with secrets masked. */
export function previewAnswers(
  template: Pick<Template, 'pages'>,
  values: Answers,
): Answers {
  const none = new Set(
    template.pages
      .flatMap(page => Object.entries(page.properties ?? {}))
      .filter(([, property]) => property['ui:field'] === PREVIEW_FIELD)
      .map(([name]) => name),
  );
  const secrets = new Set(secretQuestions(template));
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name, value]) => value !== undefined && !none.has(name))
      .map(([name, value]) => [name, secrets.has(name) ? MASK : value]),
  );
}

/** The template without what it asks of the answer to a secret: its length, for one, is the form's business, and the mask's is another. */
export function withSecretsUnchecked(template: Template): Template {
  const secrets = new Set(secretQuestions(template));
  if (secrets.size === 0) {
    return template;
  }
  const unchecked = <T extends Record<string, TemplateProperty>>(
    questions: T,
    asked?: string,
  ) =>
    Object.fromEntries(
      Object.entries(questions).map(([name, question]) => [
        name,
        // What a branch depends on chooses it.
        secrets.has(name) && name !== asked
          ? { type: question.type, 'ui:field': question['ui:field'] }
          : question,
      ]),
    );
  return {
    ...template,
    pages: template.pages.map(page => ({
      ...page,
      ...(page.properties ? { properties: unchecked(page.properties) } : {}),
      ...(page.dependencies
        ? {
            dependencies: Object.fromEntries(
              Object.entries(page.dependencies).map(([asked, dependency]) => [
                asked,
                {
                  ...dependency,
                  oneOf: dependency.oneOf.map(branch => ({
                    ...branch,
                    properties: unchecked(branch.properties, asked),
                  })),
                },
              ]),
            ),
          }
        : {}),
    })),
  };
}

function checkoutInput(input: Record<string, unknown>): CheckoutInput {
  const text = (name: string) =>
    typeof input[name] === 'string' ? String(input[name]) : undefined;
  return {
    entityRef: text('entityRef'),
    repositoryUrl: text('repositoryUrl'),
    folder: text('folder'),
    name: text('name'),
    owner: text('owner'),
    confirmName: text('confirmName'),
    adopts: input.adopts === true,
    made: Array.isArray(input.made) ? input.made.map(String) : undefined,
  };
}

/** Steps that a preview leaves out and knows, in words. */
function laterSteps(template: Template, render: Render): Preview['later'] {
  return template.steps
    .filter(
      ({ id, action }) =>
        render.notRun.includes(id) && Object.hasOwn(LATER, action),
    )
    .map(({ id, name, action }) => ({
      step: name ?? id,
      words: LATER[action],
    }));
}

/** Steps that a preview leaves out and does not know: what they write is missing. */
function unknownSteps(template: Template, render: Render): string[] {
  return template.steps
    .filter(
      ({ id, action }) =>
        render.notRun.includes(id) && !Object.hasOwn(LATER, action),
    )
    .map(
      ({ id, name, action }) =>
        `“${
          name ?? id
        }” (${action}) runs only when it is created; what it writes is not shown.`,
    );
}
