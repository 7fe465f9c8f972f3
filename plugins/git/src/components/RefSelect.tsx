import { useApi } from '@backstage/frontend-plugin-api';
import { Select } from '@backstage/ui';
import { useAsyncData } from '@pavedroad/portal-ui';
import { gitHostApiRef } from '../api';
import styles from './styles.module.css';

/** Chooses a branch or tag. A commit that is shown is offered as itself. */
export function RefSelect(props: {
  slug: string;
  value: string;
  onChange: (ref: string) => void;
}) {
  const { slug, value, onChange } = props;
  const api = useApi(gitHostApiRef);
  const { data } = useAsyncData(`git-refs ${slug}`, async () => {
    const [branches, tags] = await Promise.all([
      api.listBranches(slug),
      api.listTags(slug),
    ]);
    return {
      branches: branches.map(({ name }) => name),
      tags: tags.map(({ name }) => name),
    };
  });
  const branches = data?.branches ?? [];
  // A tag of a branch's name cannot be reached by that name.
  const tags = (data?.tags ?? []).filter(tag => !branches.includes(tag));
  const known = branches.includes(value) || tags.includes(value);
  return (
    <Select
      className={styles.select}
      label="Branch or tag"
      search
      options={[
        ...(known
          ? []
          : [
              {
                value,
                label: /^[0-9a-f]{40}$/.test(value)
                  ? value.slice(0, 10)
                  : value,
              },
            ]),
        ...branches.map(name => ({ value: name, label: name })),
        ...tags.map(name => ({ value: name, label: `${name} (tag)` })),
      ]}
      selectedKey={value}
      onSelectionChange={key => {
        if (key !== null && String(key) !== value) {
          onChange(String(key));
        }
      }}
    />
  );
}
