import { ansible } from './ansible';
import { dockerfile } from './dockerfile';
import { entities } from './entities';
import { githubWorkflows } from './githubWorkflows';
import { gitops } from './gitops';
import { jenkins } from './jenkins';
import { kubernetes } from './kubernetes';
import { markdownLinks } from './markdownLinks';
import { paas } from './paas';
import { gitlabRules } from './pipeline';
import { prometheus } from './prometheus';
import { python } from './python';
import { shell } from './shell';
import { terraform } from './terraform';
import type { Verifier } from './types';
import { typescript } from './typescript';
import { yamlFiles } from './yamlFiles';

/** Every verifier that reads a generated project without building it. */
export const VERIFIERS: readonly Verifier[] = [
  yamlFiles,
  shell,
  python,
  typescript,
  markdownLinks,
  entities,
  githubWorkflows,
  gitlabRules,
  jenkins,
  dockerfile,
  kubernetes,
  gitops,
  ansible,
  terraform,
  paas,
  prometheus,
];
