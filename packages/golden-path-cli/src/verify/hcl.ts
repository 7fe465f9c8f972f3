/** What an HCL file says, block kinds first: `resource.aws_lb.service[0]`. */
export type Hcl = Record<string, unknown>;

/** One block with its labels. */
export type HclBlock = { file: string; labels: string[]; body: Hcl };

export const isRecord = (value: unknown): value is Hcl =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The blocks of a kind; a kind with two labels lies two levels deep. */
export function blocksOf(
  files: ReadonlyMap<string, Hcl>,
  kind: string,
  labels: number,
): HclBlock[] {
  const walk = (
    file: string,
    value: unknown,
    depth: number,
    path: string[],
  ): HclBlock[] => {
    if (depth === 0) {
      return (Array.isArray(value) ? value : [value])
        .filter(isRecord)
        .map(body => ({ file, labels: path, body }));
    }
    return isRecord(value)
      ? Object.entries(value).flatMap(([label, below]) =>
          walk(file, below, depth - 1, [...path, label]),
        )
      : [];
  };
  return Array.from(files).flatMap(([file, content]) =>
    walk(file, content[kind] ?? {}, labels, []).filter(
      block => Object.keys(block.body).length > 0,
    ),
  );
}

/** The blocks of a name inside a block. */
export const inside = (body: Hcl | undefined, name: string): Hcl[] => {
  const found = body?.[name];
  return (Array.isArray(found) ? found : [found]).filter(isRecord);
};

export const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).map(String);
