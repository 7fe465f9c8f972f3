import { buildScriptFindings, packedFindings } from './paas';

describe('packedFindings', () => {
  it.each([
    [{ Procfile: '', 'package.json': '{"scripts":{"start":"x"}}' }, ''],
    [{ 'package.json': '{"scripts":{"build":"tsc"}}' }, 'has a script'],
    [
      { Procfile: '', 'requirements.txt': '#', '.python-version': '3.11\n' },
      '',
    ],
    [{ Procfile: '', '.python-version': '3.11\n' }, 'requirements.txt'],
    [{ Procfile: '', 'requirements.txt': '#' }, '.python-version'],
    // Not for a platform.
    [{}, ''],
  ])('%j: %s', (files, message) => {
    const found = packedFindings(
      file => (files as Record<string, string>)[file],
    );
    expect(found.map(f => `${f.where} ${f.message}`).join()).toContain(message);
    expect(found).toHaveLength(message ? 1 : 0);
  });
});

describe('buildScriptFindings', () => {
  it('hold a script to packing what a platform needs, and nothing it would build', () => {
    const node = '(cd "$stage" && npm pkg delete scripts.build && npm ci)\n';
    const python =
      'cp .python-version "$stage/"\necho "# In lib." >"$stage/requirements.txt"\n';
    expect(buildScriptFindings(node, 'node')).toEqual([]);
    expect(buildScriptFindings(python, 'python')).toEqual([]);
    expect(buildScriptFindings('', 'node')).toHaveLength(1);
    expect(buildScriptFindings('', 'python')).toHaveLength(2);
  });
});
