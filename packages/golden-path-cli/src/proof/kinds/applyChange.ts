import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  changeActions,
  NothingToPropose,
  type Proposal,
  REPOSITORY_FOLDER,
  type RepositoryContent,
  writeRepository,
} from '../../render/changeActions';
import {
  type RenderOptions,
  renderTemplate,
} from '../../render/renderTemplate';
import type { Answers } from '../../template/answers';
import type { Template } from '../../template/loadTemplate';

/** A change applied to a repository as the portal would, up to what is proposed. */
export async function applyChange(
  template: Template,
  answers: Answers,
  repository: RepositoryContent,
  options: RenderOptions = {},
): Promise<Proposal | undefined> {
  const workspace = await mkdtemp(join(tmpdir(), 'golden-path-change-'));
  const proposals: Proposal[] = [];
  try {
    // The workspace of a task begins empty: the repository gets there by its step.
    const checkout = changeActions(
      template,
      proposal => proposals.push(proposal),
      options.portalUrl,
    );
    await renderTemplate(template, answers, workspace, {
      ...options,
      actions: {
        ...checkout,
        'pavedroad:checkout': async (input, folder) => {
          await mkdir(join(folder, REPOSITORY_FOLDER));
          await writeRepository(join(folder, REPOSITORY_FOLDER), repository);
          return checkout['pavedroad:checkout'](input, folder);
        },
      },
    });
  } catch (error) {
    if (error instanceof NothingToPropose) {
      return undefined;
    }
    throw error;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
  return proposals[0];
}
