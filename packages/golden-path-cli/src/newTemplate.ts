import { basename } from 'node:path';
import {
  type DraftTemplate,
  DraftTemplateError,
} from '@pavedroad/plugin-golden-paths-common';
import { draftTemplateFolder } from '@pavedroad/plugin-golden-paths-node';
import { Problem } from './lib/problem';
import type { Template } from './template/loadTemplate';

/**
 * Starts a template from one that is proved, as the portal's template `golden-path-template` does. Answers its folder.
 *
 * Throws a {@link Problem} for a name that is taken, or is none.
 */
export async function newTemplate(
  draft: DraftTemplate,
  from: Pick<Template, 'folder' | 'root'>,
): Promise<string> {
  try {
    const { folder } = await draftTemplateFolder({
      templates: from.root,
      from: basename(from.folder),
      draft,
    });
    return folder;
  } catch (error) {
    if (error instanceof DraftTemplateError) {
      throw new Problem(error.message);
    }
    throw error;
  }
}
