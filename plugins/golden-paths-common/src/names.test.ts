import fc from 'fast-check';
import {
  isValidName,
  NAME_MAX_LENGTH,
  NAME_MIN_LENGTH,
  NAME_PATTERN,
  nameProblem,
} from './names';

describe('nameProblem', () => {
  it.each([
    ['ledger'],
    ['api2'],
    ['a1b'],
    ['card-vault-v2'],
    [`a${'b'.repeat(39)}`],
  ])('accepts %j', name => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    [undefined, /A name is needed/],
    [null, /A name is needed/],
    [42, /A name is needed/],
    ['', /A name is needed/],
    ['ab', /too short/],
    [`a${'b'.repeat(40)}`, /41 characters, 40 is the most/],
    ['-rf', /read it as an option/],
    ['--upload-pack', /read it as an option/],
    ['ledger.git', /Leave "\.git" out/],
    ['Ledger', /Capital letters/],
    ['../ledger', /misread/],
    ['led/ger', /misread/],
    ['led ger', /misread/],
    ['$(id)', /misread/],
    ['led;ger', /misread/],
    ['ledger\n', /misread/],
    ['ledger\u0000', /misread/],
    ['lédger', /misread/],
    ['1ledger', /starts with a letter/],
    ['ledger-', /end with a dash/],
    ['xn--ledger', /Two dashes/],
    ['api', /reserved/],
    ['yes', /reserved/],
    ['head', /reserved/],
    ['com1', /reserved/],
  ])('refuses %j', (name, reason) => {
    expect(nameProblem(name)).toMatch(reason);
  });

  it('accepts only what is a DNS label, a path segment and a shell word at once', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 50, unit: 'binary' }),
          fc.stringMatching(/^[a-zA-Z0-9._/-]{1,45}$/),
          fc.stringMatching(/^[a-z0-9-]{1,45}$/),
        ),
        name => {
          const safe =
            /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) &&
            name.length >= NAME_MIN_LENGTH &&
            name.length <= NAME_MAX_LENGTH &&
            new RegExp(NAME_PATTERN).test(name);
          expect(safe || !isValidName(name)).toBe(true);
        },
      ),
    );
  });
});
