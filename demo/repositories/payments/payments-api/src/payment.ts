/** Amounts are whole cents: no float ever touches money. */
export type Payment = {
  id: string;
  order: string;
  authorisedCents: number;
  capturedCents: number;
  state: 'authorised' | 'captured' | 'cancelled';
};

/**
 * Takes the money for what was packed.
 *
 * @throws RangeError when more is asked for than was authorised
 */
export function capture(payment: Payment, cents: number): Payment {
  if (payment.state !== 'authorised') {
    throw new RangeError(`A ${payment.state} payment cannot be captured`);
  }
  if (
    !Number.isInteger(cents) ||
    cents < 0 ||
    cents > payment.authorisedCents
  ) {
    throw new RangeError(
      `${cents} is not between 0 and ${payment.authorisedCents} cents`,
    );
  }
  return { ...payment, capturedCents: cents, state: 'captured' };
}

/** Releases the money; doing it twice changes nothing. */
export function cancel(payment: Payment): Payment {
  return payment.state === 'authorised'
    ? { ...payment, state: 'cancelled' }
    : payment;
}
