const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Length of a working day, minutes. */
export const WORK_DAY_MINUTES = 540;
/** Working minutes in a week. */
export const WORK_WEEK_MINUTES = 5 * WORK_DAY_MINUTES;

/** How far local time in the zone is ahead of UTC at the instant, minutes. */
function zoneOffset(formatter, instant) {
  const part = Object.fromEntries(
    formatter.formatToParts(instant).map(({ type, value }) => [type, value]),
  );
  const local = Date.UTC(
    Number(part.year),
    Number(part.month) - 1,
    Number(part.day),
    Number(part.hour),
    Number(part.minute),
  );
  return Math.round((local - instant) / MINUTE);
}

function isHoliday(date) {
  const month = date.getUTCMonth() + 1;
  const day = date.getUTCDate();
  return (month === 12 && day >= 24) || (month === 1 && day <= 2);
}

/**
 * A line of working minutes: Monday to Friday, nine hours a day from a local start hour, no holidays. Adding to a position on it
 * skips nights and weekends, which is how waiting for people works.
 *
 * @param {object} options
 * @param {number} options.from first instant, epoch milliseconds
 * @param {number} options.to instant behind the last one
 * @param {string} options.timeZone IANA name
 * @param {number} options.startHour local hour at which work starts
 */
export function createWorkCalendar({ from, to, timeZone, startHour }) {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  /** Instant at which each working day starts. */
  const starts = [];
  const firstDay = Math.floor(from / DAY) * DAY;
  for (let day = firstDay; day < to; day += DAY) {
    const date = new Date(day);
    const weekday = date.getUTCDay();
    if (weekday === 0 || weekday === 6 || isHoliday(date)) {
      continue;
    }
    const noon = day + 12 * 60 * MINUTE;
    const offset = zoneOffset(formatter, noon);
    starts.push(day + (startHour * 60 - offset) * MINUTE);
  }

  return {
    /** Working minutes on the line. */
    length: starts.length * WORK_DAY_MINUTES,

    /** The instant at a position, clamped to the line; epoch milliseconds. */
    instantAt(position) {
      const clamped = Math.min(
        Math.max(position, 0),
        starts.length * WORK_DAY_MINUTES - 1,
      );
      const day = Math.floor(clamped / WORK_DAY_MINUTES);
      return (
        starts[day] + Math.floor((clamped - day * WORK_DAY_MINUTES) * MINUTE)
      );
    },

    /** First position at or after an instant. */
    positionOf(instant) {
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (starts[middle] <= instant) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (low === 0) {
        return 0;
      }
      const minutes = (instant - starts[low - 1]) / MINUTE;
      return (low - 1) * WORK_DAY_MINUTES + Math.min(minutes, WORK_DAY_MINUTES);
    },
  };
}
