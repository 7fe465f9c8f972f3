import { DockerfileParser, type From } from 'dockerfile-ast';
import { type Finding, outcome, type Verifier } from './types';

/** Own rules for a Dockerfile. */
export function dockerfileFindings(file: string, text: string): Finding[] {
  const dockerfile = DockerfileParser.parse(text);
  const findings: Finding[] = [];
  const instructions = dockerfile.getInstructions();
  if (instructions.length === 0) {
    return [{ where: file, message: 'has no instructions' }];
  }
  const at = (line: number) => `${file}:${line + 1}`;
  const known = new Set([
    'ADD',
    'ARG',
    'CMD',
    'COPY',
    'ENTRYPOINT',
    'ENV',
    'EXPOSE',
    'FROM',
    'HEALTHCHECK',
    'LABEL',
    'RUN',
    'SHELL',
    'STOPSIGNAL',
    'USER',
    'VOLUME',
    'WORKDIR',
  ]);
  for (const instruction of instructions) {
    const line = instruction.getRange().start.line;
    if (!known.has(instruction.getKeyword())) {
      findings.push({
        where: at(line),
        message: `${instruction.getInstruction()} is no instruction`,
      });
    }
    if (instruction.getKeyword() === 'ADD') {
      findings.push({ where: at(line), message: 'use COPY, ADD does more' });
    }
    if (
      /(password|secret|token|api_?key)\s*[= ]/i.test(
        instruction.getArgumentsContent() ?? '',
      ) &&
      ['ENV', 'ARG'].includes(instruction.getKeyword())
    ) {
      findings.push({
        where: at(line),
        message: 'keeps a secret in the image',
      });
    }
  }
  const froms = dockerfile.getFROMs();
  const stages = new Set(froms.map((f: From) => f.getBuildStage()));
  for (const copy of dockerfile.getCOPYs()) {
    const source = copy.getFromFlag()?.getValue();
    // A stage by name or by number, or an image.
    if (
      source &&
      !stages.has(source) &&
      !(Number(source) < froms.length) &&
      !/@sha256:[0-9a-f]{64}$/.test(source)
    ) {
      findings.push({
        where: at(copy.getRange().start.line),
        message: `copies from ${source}, which is no stage`,
      });
    }
  }
  for (const from of froms) {
    const image = from.getImage() ?? '';
    if (!stages.has(image) && !/@sha256:[0-9a-f]{64}$/.test(image)) {
      findings.push({
        where: at(from.getRange().start.line),
        message: `${image} is not pinned by digest`,
      });
    }
  }
  if (froms.length < 2) {
    findings.push({
      where: file,
      message: 'has one stage: what builds it would ship with it',
    });
  }
  const last = froms[froms.length - 1];
  const lastLine = last?.getRange().start.line ?? 0;
  if (!/distroless|scratch/.test(last?.getImage() ?? '')) {
    findings.push({
      where: at(lastLine),
      message: 'the final image has a shell and a package manager',
    });
  }
  const user = instructions
    .filter(
      i => i.getKeyword() === 'USER' && i.getRange().start.line > lastLine,
    )
    .pop();
  if (!/^[1-9]\d*(:[1-9]\d*)?$/.test(user?.getArgumentsContent() ?? '')) {
    findings.push({
      where: at(user?.getRange().start.line ?? lastLine),
      message: 'the final stage has no numeric non-root USER',
    });
  }
  return findings;
}

export const dockerfile: Verifier = {
  id: 'dockerfile',
  title: 'Dockerfile: parsed, pinned, non-root',
  reads: file => /(^|\/)Dockerfile$/.test(file),
  async verify(project) {
    const files = project.files.filter(f => /(^|\/)Dockerfile$/.test(f));
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const findings = await Promise.all(
      files.map(async f => dockerfileFindings(f, await project.read(f))),
    );
    return outcome(
      findings.flat(),
      files.map(f => `${f}: parsed, not built; it needs a container engine`),
    );
  },
};
