import { keepCountInTitle, titleWithCount } from './titleCount';

const pause = (milliseconds: number) =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });

it.each([
  ['Home', 0, 'Home'],
  ['Home', 3, '(3) Home'],
  ['(3) Home', 12, '(12) Home'],
  ['(3) Home', 0, 'Home'],
  ['Home (3)', 0, 'Home (3)'],
])('%s with %d unread is %s', (title, unread, expected) => {
  expect(titleWithCount(title, unread)).toBe(expected);
});

describe('keepCountInTitle', () => {
  let end = () => {};
  afterEach(() => end());

  it('counts in titles that are set later, also by replacing the element', async () => {
    document.head.innerHTML = '<title>Home</title>';
    end = keepCountInTitle(2);
    expect(document.title).toBe('(2) Home');
    document.title = 'Catalog';
    await pause(200);
    expect(document.title).toBe('(2) Catalog');
    document.head.innerHTML = '<title>Docs</title>';
    await pause(200);
    expect(document.title).toBe('(2) Docs');
  });

  it('takes the count away at the end, and leaves titles alone from then on', async () => {
    document.head.innerHTML = '<title>Home</title>';
    end = keepCountInTitle(2);
    document.title = 'Catalog';
    end();
    expect(document.title).toBe('Catalog');
    document.title = 'Docs';
    await pause(200);
    expect(document.title).toBe('Docs');
  });

  it('writes a few times a second at most against a page that insists on its title', async () => {
    document.head.innerHTML = '<title>Home</title>';
    let insisted = 0;
    const page = new MutationObserver(() => {
      if (document.title !== 'Mine') {
        insisted += 1;
        document.title = 'Mine';
      }
    });
    page.observe(document.head, { childList: true, subtree: true });
    end = keepCountInTitle(2);
    await pause(1000);
    page.disconnect();
    expect(insisted).toBeGreaterThan(1);
    expect(insisted).toBeLessThanOrEqual(11);
  });
});
