import type { RepositoryDetail } from '@pavedroad/plugin-git-common';
import { useOutletContext } from 'react-router-dom';

/** What the views of a repository share. */
export interface RepositoryContext {
  repository: RepositoryDetail;
  /** Path of the repository's page, `/git/<owner>/<name>`. */
  base: string;
  /** Asks for the repository again after something changed. */
  reload: () => void;
}

export function useRepository(): RepositoryContext {
  return useOutletContext<RepositoryContext>();
}

/** Path of a file or folder page. */
export function filePage(
  base: string,
  kind: 'blob' | 'tree',
  ref: string,
  path: string,
): string {
  const encode = (text: string) =>
    text.split('/').map(encodeURIComponent).join('/');
  return `${base}/${kind}/${encode(ref)}${path ? `/${encode(path)}` : ''}`;
}

/** What `filePage` encoded; an address that cannot be decoded stays as it is. */
export function decodePath(text: string): string {
  try {
    return text.split('/').map(decodeURIComponent).join('/');
  } catch {
    return text;
  }
}
