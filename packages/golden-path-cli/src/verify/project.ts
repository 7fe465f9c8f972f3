import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles } from '../lib/files';
import type { Project } from './types';

/** What pipelines and installs leave in a project; no verifier reads it. */
const LEFT_BEHIND =
  /^(\.git|node_modules|build|dist|\.npm|\.venv|\.mypy_cache|\.ruff_cache|\.gitlab-ci-local)\/|(^|\/)__pycache__\//;

/** Opens a generated project for the verifiers. */
export async function openProject(folder: string): Promise<Project> {
  const files = (await listFiles(folder)).filter(f => !LEFT_BEHIND.test(f));
  return {
    folder,
    files,
    read: path => readFile(join(folder, path), 'utf8'),
  };
}
