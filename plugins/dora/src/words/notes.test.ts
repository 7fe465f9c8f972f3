import { noteTitle, QUALITY_WORDS } from './notes';

it.each([
  [1, '1 event leads to no service of the catalog'],
  [4, '4 events lead to no service of the catalog'],
])('says how many events lead nowhere: %d', (count, title) => {
  expect(noteTitle({ code: 'unmapped_events', services: [], count })).toBe(
    title,
  );
});

it('says of stage times out of order which way each moment was moved', () => {
  const { advice } = QUALITY_WORDS.clamped_stage_times;
  expect(advice).toMatch(/before the one it follows, and counts at that one/);
  expect(advice).toMatch(
    /after the deployment had finished, and counts at its finish/,
  );
});
