import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Link } from '@backstage/ui';
import type { TreeEntry } from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  FilterBar,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import {
  RiDownloadLine,
  RiFileLine,
  RiFolderFill,
  RiGitRepositoryLine,
  RiLinksLine,
} from '@remixicon/react';
import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { formatBytes, picturesOf, resolveLink } from '../code/links';
import { CloneSection } from './CloneSection';
import { CodeView } from './CodeView';
import { CopyBox } from './CopyBox';
import { MarkdownText } from './MarkdownText';
import { RefSelect } from './RefSelect';
import { decodePath, filePage, useRepository } from './repositoryContext';
import styles from './styles.module.css';

/** Larger files are offered for download only. */
const MAX_SHOWN_BYTES = 1_000_000;

/** The folder or file the address names; at the top, how to clone and what was last changed. */
export function FilesView() {
  const { repository, base } = useRepository();
  const { pathname } = useLocation();
  if (repository.empty) {
    return <EmptyRepository />;
  }
  // Read from the address itself: the router's `*` is also that of the page
  // around this one.
  const match = /^\/(blob|tree)\/(.+)$/.exec(
    pathname.slice(pathname.indexOf(base) + base.length),
  );
  const kind = match?.[1] ?? 'tree';
  const refAndPath = match ? decodePath(match[2]) : repository.defaultBranch;
  return <Located key={`${kind} ${refAndPath}`} refAndPath={refAndPath} />;
}

function Located(props: { refAndPath: string }) {
  const { repository, base } = useRepository();
  const api = useApi(gitHostApiRef);
  const navigate = useNavigate();
  const { slug } = repository;
  const { data, error, reload } = useAsyncData(
    `git-located ${slug} ${props.refAndPath}`,
    async () => {
      const place = await api.resolve(
        slug,
        props.refAndPath.replace(/\/+$/, ''),
      );
      if (place.path === '') {
        return { ...place, entry: undefined };
      }
      const cut = place.path.lastIndexOf('/');
      const parent = await api.getTree(slug, {
        ref: place.commit,
        path: cut < 0 ? '' : place.path.slice(0, cut),
      });
      const entry = parent.entries.find(({ path }) => path === place.path);
      if (!entry) {
        throw new Error(`There is no '${place.path}' on '${place.ref}'`);
      }
      return { ...place, entry };
    },
  );
  if (error) {
    return (
      <ErrorState
        action="This file could not be found"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={8} rowHeight={28} label="Loading files" />;
  }
  const { ref, commit, path, entry } = data;
  const isFile = entry?.type === 'file' || entry?.type === 'symlink';
  return (
    <>
      <FilterBar label="Choose what to show">
        <RefSelect
          slug={slug}
          value={ref}
          onChange={next => navigate(filePage(base, 'tree', next, ''))}
        />
        <Crumbs refName={ref} path={path} />
      </FilterBar>
      {isFile ? (
        <FileView commit={commit} refName={ref} entry={entry} />
      ) : (
        <Folder commit={commit} refName={ref} path={path} />
      )}
    </>
  );
}

function Crumbs(props: { refName: string; path: string }) {
  const { repository, base } = useRepository();
  const parts = props.path === '' ? [] : props.path.split('/');
  return (
    <nav aria-label="Path">
      <ol className={styles.crumbs}>
        <li>
          {parts.length === 0 ? (
            <span aria-current="page">{repository.name}</span>
          ) : (
            <Link href={filePage(base, 'tree', props.refName, '')}>
              {repository.name}
            </Link>
          )}
        </li>
        {parts.map((part, index) => (
          <li key={parts.slice(0, index + 1).join('/')}>
            {index === parts.length - 1 ? (
              <span aria-current="page">{part}</span>
            ) : (
              <Link
                href={filePage(
                  base,
                  'tree',
                  props.refName,
                  parts.slice(0, index + 1).join('/'),
                )}
              >
                {part}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function EntryIcon(props: { type: TreeEntry['type'] }) {
  const icons = {
    directory: RiFolderFill,
    file: RiFileLine,
    symlink: RiLinksLine,
    submodule: RiGitRepositoryLine,
  };
  const Icon = icons[props.type];
  return <Icon size={18} aria-hidden color="var(--bui-fg-secondary)" />;
}

function Folder(props: { commit: string; refName: string; path: string }) {
  const { commit, refName, path } = props;
  const { repository, base } = useRepository();
  const api = useApi(gitHostApiRef);
  const { slug } = repository;
  const { data, error, reload } = useAsyncData(
    `git-tree ${slug} ${commit} ${path}`,
    () => api.getTree(slug, { ref: commit, path }),
  );
  const { data: last } = useAsyncData(
    `git-last ${slug} ${commit} ${path}`,
    async () => {
      const page = await api.listCommits(slug, {
        ref: commit,
        path: path || undefined,
        limit: 1,
      });
      return page.items[0];
    },
  );
  if (error) {
    return (
      <ErrorState
        action="The files could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  const readme = data?.entries.find(
    ({ name, type }) =>
      type === 'file' && /^readme\.(?:md|markdown|txt)$/i.test(name),
  );
  return (
    <div className={path === '' ? styles.columns : styles.stack}>
      <div className={styles.stack}>
        <Section
          title={path === '' ? 'Files' : path}
          subtitle={
            last ? (
              <>
                <Link href={`${base}/commits/${last.id}`}>{last.subject}</Link>{' '}
                by {last.authorName},{' '}
                <DateTime value={last.committedAt} relative />
              </>
            ) : undefined
          }
        >
          {data ? (
            <ul className={styles.list}>
              {data.entries.map(entry => (
                <li key={entry.path} className={styles.entry}>
                  <EntryIcon type={entry.type} />
                  {entry.type === 'submodule' ? (
                    <span>{entry.name} (submodule)</span>
                  ) : (
                    <Link
                      href={filePage(
                        base,
                        entry.type === 'directory' ? 'tree' : 'blob',
                        refName,
                        entry.path,
                      )}
                    >
                      {entry.name}
                    </Link>
                  )}
                  <span className={styles.number}>
                    {entry.size === undefined ? '' : formatBytes(entry.size)}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <LoadingSkeleton rows={8} rowHeight={28} label="Loading files" />
          )}
          {data?.truncated ? (
            <p className={styles.secondary}>
              There are too many files to show all of them.
            </p>
          ) : undefined}
        </Section>
        {readme ? (
          <Readme commit={commit} refName={refName} entry={readme} />
        ) : undefined}
      </div>
      {path === '' ? <CloneSection repository={repository} /> : undefined}
    </div>
  );
}

function useText(commit: string, entry: TreeEntry) {
  const { repository } = useRepository();
  const api = useApi(gitHostApiRef);
  const large = (entry.size ?? 0) > MAX_SHOWN_BYTES;
  const result = useAsyncData(
    large ? undefined : `git-file ${repository.slug} ${entry.id}`,
    async () => {
      const file = await api.getFile(repository.slug, {
        ref: commit,
        path: entry.path,
      });
      return {
        binary: file.content.includes(0),
        text: new TextDecoder().decode(file.content),
      };
    },
  );
  return { ...result, large };
}

function asDataUrl(content: Uint8Array, type: string): string {
  const binary = Array.from(content, byte => String.fromCharCode(byte));
  return `data:${type};base64,${btoa(binary.join(''))}`;
}

/** The file's pictures by their sources; one that cannot be loaded is missing, and its words stand for it. */
function usePictures(commit: string, path: string, text: string) {
  const { repository } = useRepository();
  const api = useApi(gitHostApiRef);
  const cut = path.lastIndexOf('/');
  const pictures = picturesOf(text, cut < 0 ? '' : path.slice(0, cut));
  const { data } = useAsyncData(
    pictures.length > 0
      ? `git-pictures ${repository.slug} ${commit} ${path}`
      : undefined,
    async () => {
      const loaded = await Promise.allSettled(
        pictures.map(async picture => {
          const { content } = await api.getFile(repository.slug, {
            ref: commit,
            path: picture.path,
          });
          return [picture.source, asDataUrl(content, picture.type)] as const;
        }),
      );
      return new Map(
        loaded.flatMap(result =>
          result.status === 'fulfilled' ? [result.value] : [],
        ),
      );
    },
  );
  return data;
}

function Markdown(props: {
  text: string;
  commit: string;
  refName: string;
  path: string;
}) {
  const { base } = useRepository();
  const cut = props.path.lastIndexOf('/');
  const file = {
    base,
    ref: props.refName,
    directory: cut < 0 ? '' : props.path.slice(0, cut),
  };
  const pictures = usePictures(props.commit, props.path, props.text);
  return (
    <MarkdownText
      text={props.text}
      linkUri={href => resolveLink(href, file)}
      // Pictures of the repository need the reader's credentials, which an
      // image element does not send, so they come as data; those from
      // elsewhere are left alone.
      imageUri={source =>
        /^https:\/\//i.test(source) ? source : pictures?.get(source) ?? ''
      }
    />
  );
}

function Readme(props: { commit: string; refName: string; entry: TreeEntry }) {
  const { data, error, reload } = useText(props.commit, props.entry);
  return (
    <Section title={props.entry.name}>
      {error ? (
        <ErrorState
          action="It could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {data ? (
        <Markdown
          text={data.text}
          commit={props.commit}
          refName={props.refName}
          path={props.entry.path}
        />
      ) : undefined}
      {!data && !error ? <LoadingSkeleton rows={5} /> : undefined}
    </Section>
  );
}

/** Gives the browser a file to keep. The request carries credentials, which a link would not. */
function saveAs(name: string, content: Uint8Array) {
  const url = URL.createObjectURL(
    new Blob([new Uint8Array(content)], { type: 'application/octet-stream' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function FileView(props: {
  commit: string;
  refName: string;
  entry: TreeEntry;
}) {
  const { commit, refName, entry } = props;
  const { repository } = useRepository();
  const api = useApi(gitHostApiRef);
  const { hash } = useLocation();
  const { data, error, reload, large } = useText(commit, entry);
  const loaded = data !== undefined;
  useEffect(() => {
    // The line is there only now, too late for the browser to go to it.
    if (loaded && /^#L\d+$/.test(hash)) {
      document
        .getElementById(hash.slice(1))
        ?.scrollIntoView({ block: 'center' });
    }
  }, [loaded, hash]);
  const download = async () => {
    const file = await api.getFile(repository.slug, {
      ref: commit,
      path: entry.path,
    });
    saveAs(entry.name, file.content);
  };
  return (
    <Section
      title={entry.name}
      subtitle={[
        entry.size === undefined ? undefined : formatBytes(entry.size),
        entry.type === 'symlink' ? 'link to another path' : undefined,
        entry.mode === '100755' ? 'executable' : undefined,
      ]
        .filter(Boolean)
        .join(', ')}
      actions={
        <Button
          size="small"
          variant="secondary"
          iconStart={<RiDownloadLine aria-hidden />}
          onPress={download}
        >
          Download
        </Button>
      }
    >
      {error ? (
        <ErrorState
          action="The file could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {large ? (
        <EmptyState
          title="Too large to show"
          description="Download it, or clone the repository."
        />
      ) : undefined}
      {!data && !error && !large ? (
        <LoadingSkeleton rows={10} label="Loading the file" />
      ) : undefined}
      {data?.binary ? (
        <EmptyState
          title="Not a text file"
          description="Download it to open it."
        />
      ) : undefined}
      {data && !data.binary && /\.(?:md|markdown)$/i.test(entry.name) ? (
        <Markdown
          text={data.text}
          commit={commit}
          refName={refName}
          path={entry.path}
        />
      ) : undefined}
      {data && !data.binary && !/\.(?:md|markdown)$/i.test(entry.name) ? (
        <CodeView path={entry.path} text={data.text} />
      ) : undefined}
    </Section>
  );
}

function EmptyRepository() {
  const { repository } = useRepository();
  return (
    <>
      <Section title="Nothing here yet">
        <div className={styles.stack}>
          <p style={{ margin: 0 }}>
            Push a first commit from a folder that has one:
          </p>
          <CopyBox
            what="commands"
            text={`git remote add origin ${repository.cloneUrl} && git push -u origin ${repository.defaultBranch}`}
          />
        </div>
      </Section>
      <CloneSection repository={repository} />
    </>
  );
}
