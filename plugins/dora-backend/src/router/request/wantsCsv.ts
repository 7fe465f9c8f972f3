import express from 'express';

/** Whether a request asks for CSV: by `format`, else by what it accepts. */
export function wantsCsv(req: express.Request): boolean {
  const { format } = req.query;
  return format === undefined
    ? req.accepts(['application/json', 'text/csv']) === 'text/csv'
    : format === 'csv';
}
