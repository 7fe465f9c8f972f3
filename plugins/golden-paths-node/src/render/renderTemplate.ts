import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Writable } from 'node:stream';
import { cp } from 'node:fs/promises';
import type {
  UrlReaderService,
  UrlReaderServiceReadTreeResponse,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import {
  buildManifest,
  MANIFEST_PATH,
  type OwnershipRule,
  serializeManifest,
} from '@pavedroad/plugin-golden-paths-common';
import { createLogger, transports } from 'winston';
import { digestFiles } from '../files';
import { Problem } from '../problem';
import {
  answerProblems,
  type Answers,
  secretQuestions,
  withDefaults,
} from '../answers';
import type { Template, TemplateStep } from '../template';
import { eachOf, isTruthy, renderInput, type StepContext } from './expressions';
import { MissingAnswers, type RecordingFilter } from './missingAnswers';
import { DEFAULT_PORTAL_URL, offlinePreflight } from './preflight';

/** Where the portal's own repository lies on its git host; templates are read from there, and relative URLs resolve against it. */
const REPOSITORY_URL = `${DEFAULT_PORTAL_URL}/api/git/platform/portal/blob/main`;

const integrations = ScmIntegrations.fromConfig(
  new ConfigReader({
    integrations: { gitea: [{ host: new URL(REPOSITORY_URL).host }] },
  }),
);

/** Reads `…/templates/<path>` of the portal's repository from this checkout. */
function checkoutReader(
  root: string,
  missing: MissingAnswers | undefined,
): UrlReaderService {
  const unsupported = async () => {
    throw new Error('Offline, templates read folders of this checkout only.');
  };
  return {
    readUrl: unsupported,
    search: unsupported,
    async readTree(url): Promise<UrlReaderServiceReadTreeResponse> {
      const prefix = `${REPOSITORY_URL}/templates/`;
      if (!url.startsWith(prefix)) {
        throw new Problem(`${url} is not part of the templates.`);
      }
      const source = join(root, decodeURIComponent(url.slice(prefix.length)));
      if (relative(root, source).startsWith('..')) {
        throw new Problem(`${url} leaves the templates.`);
      }
      await readdir(source).catch(() => {
        // Not where that is on this machine: a preview tells it to whoever fills in the form.
        throw new Problem(
          `${url} is read, but the templates have no folder ${
            relative(root, source) || '.'
          }.`,
        );
      });
      return {
        etag: 'checkout',
        files: unsupported,
        archive: unsupported,
        async dir(options) {
          const target = options?.targetDir ?? (await mkdtemp(tmpdir()));
          await (missing
            ? missing.copyGuarded(source, target, relative(root, source))
            : cp(source, target, { recursive: true }));
          return target;
        },
      };
    },
  };
}

/** One render: which steps ran, and which only the portal runs. */
export type Render = {
  folder: string;
  ran: string[];
  skipped: string[];
  /** Actions with effects outside the files; offline they are left out. */
  notRun: string[];
};

export type RenderOptions = {
  portalUrl?: string;
  /** Ends the render between two steps; what was written stays. */
  signal?: AbortSignal;
  /** Leave the defaults out, as a caller without the form does. */
  withoutDefaults?: boolean;
  /**
   * What actions do here that otherwise only the portal can run, by their name: given the step's rendered input and the workspace, they
   * resolve to the step's output.
   */
  actions?: Readonly<
    Record<
      string,
      (
        input: Record<string, unknown>,
        workspace: string,
      ) => Promise<Record<string, unknown>>
    >
  >;
};

/** The scaffolder's `fetch:template`; what it is given is made up here, where there is no task. */
type FetchTemplateAction = { handler: (context: never) => Promise<void> };

/**
 * Renders a template into an empty folder without a server: its `fetch:template` steps run through the scaffolder's own action, the
 * preflight's outputs are worked out, the manifest is written, and steps with outside effects are left out.
 *
 * Throws a {@link Problem} when the form would refuse the answers.
 */
export type Renderer = (
  template: Template,
  answers: Answers,
  folder: string,
  options?: RenderOptions,
) => Promise<Render>;

/**
 * A renderer that runs `fetch:template` by the action given. It is passed in because it comes with the whole of the scaffolder's back
 * end, which not everything that reads templates has to load.
 */
export function createRenderer(deps: {
  createFetchTemplateAction(options: {
    reader: UrlReaderService;
    integrations: ScmIntegrations;
    additionalTemplateFilters?: Record<string, RecordingFilter>;
  }): FetchTemplateAction;
  /**
   * Refuses what a proof may not pass over, with a {@link Problem} that names file, line and expression: answers that are missing where
   * the template needs them, which are rendered as empty text otherwise, and steps that nothing here can run.
   */
  strict?: boolean;
}): Renderer {
  return (template, answers, folder, options = {}) => {
    const missing = deps.strict ? new MissingAnswers() : undefined;
    return render(
      deps.createFetchTemplateAction({
        reader: checkoutReader(template.root, missing),
        integrations,
        ...(missing ? { additionalTemplateFilters: missing.filters } : {}),
      }),
      template,
      answers,
      folder,
      options,
      missing,
    );
  };
}

/** Actions with effects outside the files, which are left out offline. */
const EFFECTS: ReadonlySet<string> = new Set([
  'pavedroad:publish',
  'pavedroad:register',
  'pavedroad:connect',
  'pavedroad:propose',
  'pavedroad:undo',
]);

async function render(
  fetchTemplate: FetchTemplateAction,
  template: Template,
  answers: Answers,
  folder: string,
  options: RenderOptions,
  missing: MissingAnswers | undefined,
): Promise<Render> {
  const parameters = options.withoutDefaults
    ? answers
    : withDefaults(template, answers);
  const problems = answerProblems(template, parameters);
  if (problems.length > 0) {
    throw new Problem(
      `The form refuses these answers:\n${problems
        .map(problem => `- ${problem}`)
        .join('\n')}`,
    );
  }
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw new Problem(`${folder} is not empty; render into a new folder.`);
  }

  const templateRef = `template:default/${template.name}`;
  const context: StepContext = { parameters, steps: {} };
  const result: Render = { folder, ran: [], skipped: [], notRun: [] };
  // The step's values are logged by the action; a proof has its own report.
  const logger = createLogger({
    silent: true,
    transports: [new transports.Stream({ stream: new Writable() })],
  });

  for (const step of template.steps) {
    options.signal?.throwIfAborted();
    const guard = missing && {
      guarded: (text: string) => missing.guardStep(text, `step ${step.id}`),
      filters: missing.filters,
    };
    const effect = EFFECTS.has(step.action) && !options.actions?.[step.action];
    // What effects answer is not there for those that follow them.
    const read = (value: unknown) =>
      renderInput(value, context, effect ? undefined : guard);
    const rounds =
      step.each === undefined ? [undefined] : eachOf(read(step.each));
    for (const each of rounds) {
      context.each = each;
      if (!isTruthy(step.if, context, guard)) {
        result.skipped.push(step.id);
        continue;
      }
      const input = (read(step.input ?? {}) ?? {}) as Record<string, unknown>;
      const output = await run(step, input);
      missing?.refuse();
      if (output) {
        context.steps[step.id] = { output };
        result.ran.push(step.id);
      } else {
        result.notRun.push(step.id);
      }
    }
    context.each = undefined;
  }
  return result;

  /** What a step answers, or nothing where only the portal can run it. */
  async function run(
    step: TemplateStep,
    input: Record<string, unknown>,
  ): Promise<Record<string, unknown> | undefined> {
    const standIn = options.actions?.[step.action];
    if (standIn) {
      return standIn(input, folder);
    }
    switch (step.action) {
      case 'pavedroad:preflight':
        return offlinePreflight(
          { name: input.name, owner: input.owner },
          { portalUrl: options.portalUrl ?? DEFAULT_PORTAL_URL, templateRef },
        );
      case 'fetch:template':
        await runFetchTemplate(step, input);
        return {};
      case 'pavedroad:manifest':
        return writeManifest(input);
      default:
        if (missing && !EFFECTS.has(step.action)) {
          throw new Problem(
            `Step ${step.id} runs ${step.action}, which is not known here: what it writes would be proved by nothing.`,
          );
        }
        return undefined;
    }
  }

  async function runFetchTemplate(
    step: TemplateStep,
    input: Record<string, unknown>,
  ) {
    const temporary: string[] = [];
    try {
      await fetchTemplate.handler({
        logger,
        workspacePath: folder,
        output: () => {},
        checkpoint: async ({ fn }: { fn: () => Promise<unknown> }) => fn(),
        createTemporaryDirectory: async () => {
          const made = await mkdtemp(join(tmpdir(), 'golden-path-'));
          temporary.push(made);
          return made;
        },
        getInitiatorCredentials: async () => {
          throw new Error('Offline, nobody is signed in.');
        },
        task: { id: 'offline' },
        step: { id: step.id, name: step.name },
        templateInfo: {
          entityRef: templateRef,
          baseUrl: `${REPOSITORY_URL}/templates/${relative(
            template.root,
            template.folder,
          )}/template.yaml`,
        },
        input,
      } as unknown as Parameters<typeof fetchTemplate.handler>[0]);
    } finally {
      await Promise.all(
        temporary.map(made => rm(made, { recursive: true, force: true })),
      );
    }
  }

  async function writeManifest(input: Record<string, unknown>) {
    const manifest = buildManifest({
      template: { ref: templateRef, version: String(input.version) },
      answers: input.answers as Answers,
      secretAnswers: secretQuestions(template),
      files: await digestFiles(folder),
      ownership: (input.ownership ?? []) as OwnershipRule[],
    });
    const path = join(folder, MANIFEST_PATH);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, serializeManifest(manifest));
    await chmod(path, 0o644);
    return { path: MANIFEST_PATH, files: Object.keys(manifest.files).length };
  }
}
