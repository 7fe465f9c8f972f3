import {
  AuditorService,
  HttpAuthService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  doraEventsIngestPermission,
  ImportFormatsResponse,
  ImportReport,
} from '@pavedroad/plugin-dora-common';
import express from 'express';
import Router from 'express-promise-router';
import {
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
} from '../inbox/errors';
import { ImportRequest, ImportService } from './ImportService';
import { ImportLimits } from './options';
import { ImportFormat } from './readFile';
import { COLUMNS, exampleCsv, IMPORT_KINDS } from './rows';
import { spool } from './spool';

/** Files that one backend reads at a time: each reads and writes for as long as it takes. */
const MAX_AT_ONCE = 2;

const FORMAT_OF_MEDIA_TYPE: Record<string, ImportFormat> = {
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
};

const PARAMETERS = ['dryRun', 'format', 'kind', 'onError', 'sample'];

type ImportParameters = Omit<ImportRequest, 'path' | 'receivedAt'>;

/** @throws InputError 400, UnsupportedMediaTypeError 415 */
export function parseImportParameters(
  query: Record<string, unknown>,
  contentType: string | undefined,
): ImportParameters {
  for (const name of Object.keys(query)) {
    if (!PARAMETERS.includes(name)) {
      throw new InputError(
        `There is no parameter ${JSON.stringify(
          name.slice(0, 40),
        )}: use ${PARAMETERS.join(', ')}`,
      );
    }
  }
  const oneOf = <T extends string>(
    name: string,
    choices: readonly T[],
  ): T | undefined => {
    const value = query[name];
    if (value === undefined) {
      return undefined;
    }
    const choice = choices.find(known => known === value);
    if (!choice) {
      throw new InputError(`${name} must be ${choices.join(' or ')}`);
    }
    return choice;
  };
  const mediaType = (contentType ?? '').split(';')[0].trim().toLowerCase();
  const format =
    oneOf('format', ['csv', 'ndjson'] as const) ??
    (Object.hasOwn(FORMAT_OF_MEDIA_TYPE, mediaType)
      ? FORMAT_OF_MEDIA_TYPE[mediaType]
      : undefined);
  if (!format) {
    throw new UnsupportedMediaTypeError(
      `Expected text/csv or application/x-ndjson, got ${
        mediaType.slice(0, 100) || 'no content type'
      }`,
    );
  }
  return {
    format,
    kind: oneOf('kind', IMPORT_KINDS),
    onError: oneOf('onError', ['stop', 'skip'] as const) ?? 'stop',
    dryRun: oneOf('dryRun', ['true', 'false'] as const) === 'true',
    sample: oneOf('sample', ['true', 'false'] as const) === 'true',
  };
}

/** Routes that take files in. Mounted before anything parses JSON: bodies are streams here. */
export function createImportsRouter(options: {
  imports: ImportService;
  limits: ImportLimits;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  auditor: AuditorService;
}): express.Router {
  const { imports, limits, httpAuth, permissions, auditor } = options;
  const router = Router();
  let running = 0;

  const signedIn = (req: express.Request) =>
    httpAuth.credentials(req, { allow: ['user', 'service'] });
  const authorize = async (req: express.Request) => {
    const credentials = await signedIn(req);
    const [decision] = await permissions.authorize(
      [{ permission: doraEventsIngestPermission }],
      { credentials },
    );
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError('Not allowed to import delivery history');
    }
  };

  router.get('/imports/formats', async (req, res) => {
    await authorize(req);
    const response: ImportFormatsResponse = {
      ...limits,
      kinds: IMPORT_KINDS.map(kind => ({
        kind,
        example: `${kind}s.csv`,
        columns: COLUMNS[kind],
      })),
    };
    res.json(response);
  });

  router.get('/imports/examples/:name', async (req, res) => {
    await authorize(req);
    const kind = IMPORT_KINDS.find(
      known => `${known}s.csv` === req.params.name,
    );
    if (!kind) {
      throw new NotFoundError(
        `There are examples ${IMPORT_KINDS.map(known => `${known}s.csv`).join(
          ', ',
        )}`,
      );
    }
    res.type('text/csv; charset=utf-8');
    res.attachment(`${kind}s.csv`);
    res.send(exampleCsv(kind));
  });

  router.post('/imports', async (req, res) => {
    await signedIn(req);
    const auditEvent = await auditor.createEvent({
      eventId: 'history-import',
      severityLevel: req.query.dryRun === 'true' ? 'low' : 'medium',
      request: req,
    });
    const parameters = await parametersOf(req).catch(async error => {
      await auditEvent.fail({ error });
      throw error;
    });
    const progress = wantsProgress(req) ? progressWriter(res) : undefined;
    try {
      const report = await receive(req, parameters, progress);
      await auditEvent.success({
        meta: {
          ...parameters,
          applied: report.applied,
          ...report.counts,
        },
      });
      if (res.headersSent) {
        res.end(`${JSON.stringify({ report })}\n`);
      } else if (report.applied || report.dryRun) {
        res.json(report);
      } else {
        res.status(422).json({
          error: {
            name: 'InputError',
            message: refusal(report),
          },
          response: { statusCode: 422 },
          report,
        });
      }
    } catch (error) {
      await auditEvent.fail({
        error: error as Error,
        meta: { ...parameters },
      });
      // The rest is read and thrown away, so that the sender gets the answer
      // instead of a broken connection.
      req.resume();
      if (!res.headersSent) {
        throw error;
      }
      const { name, message } = error as Error;
      res.end(`${JSON.stringify({ error: { name, message } })}\n`);
    }
  });

  /** Before the body: who may not send, or says not what, has none of it read. */
  async function parametersOf(req: express.Request): Promise<ImportParameters> {
    await authorize(req);
    return parseImportParameters(req.query, req.headers['content-type']);
  }

  async function receive(
    req: express.Request,
    parameters: ImportParameters,
    progress: ((done: number, total: number) => void) | undefined,
  ): Promise<ImportReport> {
    if (Number(req.headers['content-length']) > limits.maxBytes) {
      throw new PayloadTooLargeError(
        `The file is larger than ${limits.maxBytes} bytes: split it, or raise dora.imports.maxBytes`,
      );
    }
    if (running >= MAX_AT_ONCE) {
      throw new ServiceUnavailableError(
        'Other files are being imported: try again in a minute',
      );
    }
    running += 1;
    try {
      const file = await spool(req, {
        contentEncoding: req.headers['content-encoding'],
        maxBytes: limits.maxBytes,
      });
      try {
        return await imports.run(
          {
            ...parameters,
            path: file.path,
            receivedAt: new Date().toISOString(),
          },
          progress,
        );
      } finally {
        await file.remove();
      }
    } finally {
      running -= 1;
    }
  }

  return router;
}

/** Who asks for lines gets one for every piece that is recorded, and the report as the last. */
function wantsProgress(req: express.Request): boolean {
  return (
    req.accepts(['application/json', 'application/x-ndjson']) ===
    'application/x-ndjson'
  );
}

function progressWriter(
  res: express.Response,
): (done: number, total: number) => void {
  return (done, total) => {
    if (!res.headersSent) {
      res.status(200).type('application/x-ndjson');
    }
    res.write(`${JSON.stringify({ done, total })}\n`);
    // Compression would keep it back.
    (res as { flush?: () => void }).flush?.();
  };
}

function refusal({ problemsTotal, problems, records }: ImportReport): string {
  if (problemsTotal === 0) {
    return records === 0
      ? 'The file holds no records: nothing was kept'
      : 'The file holds nothing that could be kept';
  }
  const [{ line, message }] = problems;
  return `The file has ${problemsTotal} ${
    problemsTotal === 1 ? 'problem' : 'problems'
  }, so nothing was kept. Line ${line}: ${message}`;
}
