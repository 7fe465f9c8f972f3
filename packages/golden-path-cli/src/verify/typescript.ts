import ts from 'typescript';
import { type Finding, outcome, type Verifier } from './types';

const isTypeScript = (file: string) => /\.[cm]?[jt]sx?$/.test(file);

/** What the compiler said about a file, by its path and its text: rows have most files in common. */
const parsed = new Map<string, readonly Finding[]>();

/** What the compiler says about the syntax of a file; types need the dependencies, and are the lint stage's. */
export function syntaxFindings(file: string, text: string): readonly Finding[] {
  const key = `${file}\0${text}`;
  const known = parsed.get(key) ?? parse(file, text);
  parsed.set(key, known);
  return known;
}

function parse(file: string, text: string): Finding[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.ReactJSX,
      allowJs: true,
    },
  });
  return diagnostics.map(diagnostic => {
    const line = diagnostic.file?.getLineAndCharacterOfPosition(
      diagnostic.start ?? 0,
    ).line;
    return {
      where: `${file}:${(line ?? 0) + 1}`,
      message: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '),
    };
  });
}

export const typescript: Verifier = {
  id: 'typescript',
  title: 'TypeScript and JavaScript files: parsed',
  reads: isTypeScript,
  async verify(project) {
    const files = project.files.filter(isTypeScript);
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const findings = await Promise.all(
      files.map(async file => syntaxFindings(file, await project.read(file))),
    );
    return outcome(findings.flat());
  },
};
