import { longestOf, nameFindings } from './terraformNames';

const balancer = (name: string) =>
  new Map([
    [
      'network.tf',
      {
        locals: [
          {
            name: 'ledger-${var.environment}',
            short:
              '${length(local.name) <= 32 && !startswith(local.name, "internal-") ? local.name : "${trim(substr(trimprefix(local.name, "internal-"), 0, 23), "-")}-${substr(sha256(local.name), 0, 8)}"}',
          },
        ],
        resource: { aws_lb: { service: [{ name }] } },
      },
    ],
  ]);

describe('longestOf', () => {
  it.each([
    ['short', 5],
    ['${local.name}-task', 56],
    ['${substr("ledger", 0, 20)}-up-${substr(sha256("${x}/${y}"), 0, 10)}', 34],
    ['${local.other}', 54],
    ['${length(local.name) <= 32 ? local.name : "x"}', 32],
    ['${var.any || length(local.name) <= 32 ? local.name : "x"}', 51],
    ['${length(local.other) <= 32 ? local.name : "x"}', 51],
    ['${var.short ? "ab" : "abc"}', 3],
    ['${var.unknown}', Number.NaN],
    ['${join("-", local.all)}', Number.NaN],
  ])('%s: %d', (template, length) => {
    expect(
      longestOf(template, new Map([['other', '${local.name}-${"ab"}']])),
    ).toBe(length);
  });
});

describe('nameFindings', () => {
  it.each([
    ['${local.name}', /51 letters, of which AWS takes 32/],
    ['${local.short}-x', /34 letters, of which AWS takes 32/],
    ['${local.short}', /^$/],
    ['${var.name}', /^$/],
  ])('%s', (name, message) => {
    expect(
      nameFindings(balancer(name))
        .map(f => f.message)
        .join(),
    ).toMatch(message);
  });
});
