/**
 * Sends batches in order, two at a time, so that one is on its way while another is being worked on.
 *
 * @param {object} options
 * @param {{ sendEvents(events: object[]): Promise<{ status: string, reason?: string }[]> }} options.portal
 * @param {object[][]} options.batches
 * @param {number} options.from how many batches, from the front, have been sent before
 * @param {(sent: number) => void} options.onSent told how many batches from the front are in
 * @param {(line: string) => void} options.say
 * @returns what became of the events sent now, and the first reason for refusing one
 */
export async function sendBatches({ portal, batches, from, onSent, say }) {
  const total = { accepted: 0, duplicate: 0, ignored: 0, rejected: 0 };
  let reason;
  let next = from;
  let settled = from;
  const done = new Set();

  async function work() {
    while (next < batches.length) {
      const index = next++;
      for (const result of await portal.sendEvents(batches[index])) {
        total[result.status] += 1;
        if (result.status === 'rejected' || result.status === 'ignored') {
          reason ??= result.reason;
        }
      }
      done.add(index);
      // Progress counts from the front: a batch behind an unfinished one is sent again after an interruption.
      while (done.has(settled)) {
        done.delete(settled);
        settled += 1;
      }
      onSent(settled);
      say(
        `Delivery history: ${Math.floor((100 * settled) / batches.length)} %`,
      );
    }
  }

  await Promise.all([work(), work()]);
  return { ...total, reason };
}
