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

export const paas: Verifier = {
  id: 'paas',
  title: 'Procfile and app manifest',
  reads: file => /^(Procfile|app\.json)$/.test(file),
  async verify(project) {
    const { files } = project;
    if (!files.includes('Procfile') && !files.includes('app.json')) {
      return { status: 'absent' };
    }
    const missing = ['Procfile', 'app.json'].filter(f => !files.includes(f));
    if (missing.length > 0) {
      return outcome(missing.map(where => ({ where, message: 'is missing' })));
    }
    return outcome(
      paasFindings(
        await project.read('Procfile'),
        await project.read('app.json'),
      ),
      ['deployment to a platform as a service: not run; it needs an account'],
    );
  },
};
