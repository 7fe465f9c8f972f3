import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deliveryFindings, READ_BY_DELIVERY } from './paasDelivery';
import { type Finding, outcome, type Verifier } from './types';

/** The processes a Procfile names. Lines that are none are left out. */
export function processesOf(procfile: string): Map<string, string> {
  return new Map(
    Array.from(
      procfile.matchAll(/^([A-Za-z0-9_-]+):\s*(\S.*?)\s*$/gm),
      match => [match[1], match[2]],
    ),
  );
}

type Manifest = {
  name?: string;
  description?: string;
  env?: Record<
    string,
    { description?: string; value?: string; required?: boolean }
  >;
  formation?: Record<string, { quantity?: number }>;
  healthchecks?: Record<string, { type?: string; path?: string }[]>;
};

/** Own rules for a Procfile and an app manifest. */
export function paasFindings(procfile: string, manifest: string): Finding[] {
  const findings: Finding[] = [];
  const processes = processesOf(procfile);
  const lines = procfile.split('\n').filter(line => line.trim() !== '');
  if (lines.length !== processes.size) {
    findings.push({
      where: 'Procfile',
      message: 'has lines that name no process, or one twice',
    });
  }
  if (!processes.has('web')) {
    findings.push({ where: 'Procfile', message: 'has no web process' });
  }
  for (const [name, command] of processes) {
    if (/\bnpm (ci|install|run build)\b|\bpip install\b/.test(command)) {
      findings.push({
        where: `Procfile: ${name}`,
        message: 'builds when it starts',
      });
    }
  }
  const add = (message: string) =>
    findings.push({ where: 'app.json', message });
  let app: Manifest;
  try {
    app = JSON.parse(manifest) as Manifest;
  } catch {
    add('is not JSON');
    return findings;
  }
  if (!app.name || !app.description) {
    add('has no name or no description');
  }
  for (const [name, variable] of Object.entries(app.env ?? {})) {
    if (!variable.description) {
      add(`does not say what ${name} is for`);
    }
    if (/TOKEN|SECRET|PASSWORD|KEY/.test(name) && variable.value) {
      add(`keeps the secret ${name}`);
    }
  }
  for (const name of Object.keys(app.formation ?? {})) {
    if (!processes.has(name)) {
      add(`scales ${name}, which the Procfile does not have`);
    }
  }
  if ((app.formation?.web?.quantity ?? 0) < 2) {
    add('runs a single web process');
  }
  if (!app.healthchecks?.web?.some(check => check.path === '/readyz')) {
    add('sends requests to what is not ready');
  }
  const grace = Number(app.env?.SHUTDOWN_GRACE_SECONDS?.value ?? 20);
  if (!(grace < 30)) {
    add(`takes ${grace} seconds to stop; the platform gives 30`);
  }
  return findings;
}

/**
 * Own rules for what is packed, by the files at its root: a platform builds what has a script for that, and takes for Python what names its
 * requirements.
 */
export function packedFindings(
  read: (file: string) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const manifest = read('package.json');
  if (
    manifest !== undefined &&
    (JSON.parse(manifest) as { scripts?: Record<string, string> }).scripts
      ?.build
  ) {
    findings.push({
      where: 'package.json',
      message: 'has a script that builds, in an artifact without sources',
    });
  }
  // What is delivered to a platform has a Procfile; in Python there is nothing else to tell it by.
  if (read('Procfile') !== undefined && manifest === undefined) {
    for (const file of ['requirements.txt', '.python-version']) {
      if (read(file) === undefined) {
        findings.push({
          where: file,
          message: 'is missing: no platform would find a Python to run it with',
        });
      }
    }
  }
  return findings;
}

/** The rules of {@link packedFindings} for a script that builds: what it says to leave out, or to bring. */
export function buildScriptFindings(
  script: string,
  language: 'node' | 'python',
): Finding[] {
  const lines: Record<typeof language, [RegExp, string][]> = {
    node: [
      [
        /^\(cd "\$stage" && npm pkg delete scripts\.build\b/m,
        'packs a script that builds, without the sources',
      ],
    ],
    python: [
      [
        /^cp \.python-version "\$stage\/"$/m,
        'does not pack which Python it is for',
      ],
      [
        /^echo "#[^"\n]*" >"\$stage\/requirements\.txt"$/m,
        'does not pack what a platform tells a project in Python by',
      ],
    ],
  };
  return lines[language]
    .filter(([line]) => !line.test(script))
    .map(([, message]) => ({ where: 'ci/build.sh', message }));
}

/** The rules of {@link packedFindings} for an artifact in a folder. */
export async function artifactFindings(folder: string): Promise<Finding[]> {
  const texts = new Map<string, string>();
  for (const file of [
    'Procfile',
    'package.json',
    'requirements.txt',
    '.python-version',
  ]) {
    await readFile(join(folder, file), 'utf8').then(
      text => texts.set(file, text),
      () => undefined,
    );
  }
  return packedFindings(file => texts.get(file));
}

export const paas: Verifier = {
  id: 'paas',
  title:
    'Procfile and app manifest; brought out for real to what stands in for a platform',
  reads: file =>
    /^(Procfile|app\.json|ci\/build\.sh)$/.test(file) ||
    READ_BY_DELIVERY.includes(file),
  asksFor: file => file === '.python-version',
  waits: true,
  /** `syntax`: what is said is read; nothing is brought out. */
  async verify(project, stage, options) {
    const { files } = project;
    if (!files.includes('Procfile') && !files.includes('app.json')) {
      return { status: 'absent' };
    }
    const missing = ['Procfile', 'app.json'].filter(f => !files.includes(f));
    if (missing.length > 0) {
      return outcome(missing.map(where => ({ where, message: 'is missing' })));
    }
    const findings = [
      ...paasFindings(
        await project.read('Procfile'),
        await project.read('app.json'),
      ),
      ...buildScriptFindings(
        await project.read('ci/build.sh'),
        files.includes('.python-version') ? 'python' : 'node',
      ),
    ];
    if (findings.length > 0 || stage === 'syntax') {
      return outcome(findings);
    }
    return outcome(await deliveryFindings(project, options), [
      'a real platform as a service: not delivered to; it needs an account',
    ]);
  },
};
