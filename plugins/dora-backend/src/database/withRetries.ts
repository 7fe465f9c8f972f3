const RETRIED_CODES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

/** Runs a transaction again when PostgreSQL ended it in favour of another one. */
export async function withRetries<T>(
  run: () => Promise<T>,
  attempts = 5,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (attempt >= attempts || !RETRIED_CODES.has(code)) {
        throw error;
      }
      await new Promise(resolve => {
        setTimeout(resolve, Math.random() * 20 * attempt);
      });
    }
  }
}
