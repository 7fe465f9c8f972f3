import { z } from 'zod';
import type { OwnershipClass } from './ownership';

/** `ui:field` of the form's preview. What it holds is no answer. */
export const PREVIEW_FIELD = 'PavedRoadPreview';

/** What the form sends to see what would be written. */
export const previewRequestSchema = z.object({
  templateRef: z
    .string()
    .min(1)
    .max(300)
    .describe('Entity ref of the template, such as template:default/x'),
  values: z
    .record(z.string().max(200), z.unknown())
    .describe('The answers, as the form would send them'),
});

export type PreviewRequest = z.infer<typeof previewRequestSchema>;

/** One file that would be written, changed or deleted. */
export type PreviewFile = {
  /** Relative to the root of the repository. */
  path: string;
  /** Size once written; 0 for what is deleted. */
  bytes: number;
  executable: boolean;
  /** Whose the file is afterwards, where the template records it. */
  ownership?: OwnershipClass;
  /** What happens to it; only where the template changes a repository that exists. */
  change?: 'new' | 'changed' | 'deleted';
  /** The text, unless it is left out. */
  contents?: string;
  /** The text as it is now; of changed and deleted files. */
  before?: string;
  /** Why there is no text. */
  leftOut?: 'binary' | 'too-large';
};

/** What a template would write. */
export type Preview = {
  templateRef: string;
  version: string;
  /** A whole new repository, or a change to one. */
  makes: 'repository' | 'change';
  /** Sorted by path. */
  files: PreviewFile[];
  /** Size of all files together. */
  bytes: number;
  /** Steps that only run once it is created, in words. */
  later: { step: string; words: string }[];
  /** What else one should know: what the preview cannot show exactly. */
  notes: string[];
  /** The pull request that would be opened. */
  proposal?: { branch: string; title: string; description: string };
  /** Why nothing would be proposed. */
  nothing?: string;
  /** Why creating it with these answers would be refused, and nothing can be shown. */
  refused?: string;
};
