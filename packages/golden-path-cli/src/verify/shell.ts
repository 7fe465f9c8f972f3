import { run, which } from '../lib/run';
import { outcome, type Verifier } from './types';

export const shell: Verifier = {
  id: 'shell',
  title: 'Shell scripts: shellcheck',
  reads: file => /\.sh$|^ci\/|^\.shellcheckrc$/.test(file),
  async verify(project) {
    const scripts = project.files.filter(f => f.endsWith('.sh'));
    if (scripts.length === 0) {
      return { status: 'absent' };
    }
    if (!(await which('shellcheck'))) {
      return { status: 'skipped', missing: 'shellcheck' };
    }
    const result = await run('shellcheck', ['--format=gcc', ...scripts], {
      cwd: project.folder,
      timeoutMs: 60_000,
    });
    const findings = result.stdout
      .split('\n')
      .map(line => /^(.+?:\d+):\d+: (.*)$/.exec(line))
      .filter(match => match !== null)
      .map(([, where, message]) => ({ where, message }));
    if (result.code !== 0 && findings.length === 0) {
      findings.push({ where: 'shellcheck', message: result.output.trim() });
    }
    return outcome(findings);
  },
};
