import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { createRenderer } from '@pavedroad/plugin-golden-paths-node';

export type {
  Render,
  RenderOptions,
} from '@pavedroad/plugin-golden-paths-node';

/**
 * The renderer of the portal's preview, with the scaffolder's own action. What is published is strict: an answer that is missing is an
 * error, never an empty text in a file.
 */
export const renderTemplate = createRenderer({
  createFetchTemplateAction,
  strict: true,
});
