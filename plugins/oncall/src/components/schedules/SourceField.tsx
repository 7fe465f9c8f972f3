import type { ScheduleSourceProblem } from '@pavedroad/plugin-oncall-common';
import { useId, useRef } from 'react';

import styles from './schedules.module.css';

/** The YAML, with the numbers of its lines and marks where something is wrong. */
export function SourceField(props: {
  value: string;
  onChange: (value: string) => void;
  problems: ScheduleSourceProblem[];
}) {
  const { value, onChange, problems } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const lines = value.split('\n');
  const marks = new Map<number, 'error' | 'warning'>();
  for (const { line, severity } of problems) {
    if (marks.get(line) !== 'error') {
      marks.set(line, severity);
    }
  }
  const goTo = ({ line, column }: ScheduleSourceProblem) => {
    const before = lines.slice(0, line - 1).join('\n').length;
    const at = Math.min(value.length, before + (line > 1 ? 1 : 0) + column - 1);
    const end = value.indexOf('\n', at);
    field.current?.focus();
    field.current?.setSelectionRange(at, end < 0 ? value.length : end);
  };
  return (
    <div className={styles.stack}>
      <div className={styles.source}>
        <div className={styles.gutter} aria-hidden="true">
          {lines.map((_, index) => (
            <span
              // Lines have no identity but their number.
              key={index}
              className={styles[marks.get(index + 1) ?? 'line']}
            >
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={field}
          id={id}
          aria-label="YAML of the schedule"
          aria-invalid={problems.some(p => p.severity === 'error')}
          aria-describedby={`${id}-problems`}
          className={styles.text}
          spellCheck={false}
          wrap="off"
          rows={Math.max(12, lines.length)}
          value={value}
          onChange={event => onChange(event.target.value)}
        />
      </div>
      <div id={`${id}-problems`} role="status">
        {problems.length > 0 ? (
          <ul className={styles.problems} aria-label="Problems in the YAML">
            {problems.map(problem => (
              <li
                key={`${problem.line} ${problem.column} ${problem.path} ${problem.message}`}
                className={styles[problem.severity]}
              >
                <button type="button" onClick={() => goTo(problem)}>
                  {problem.severity === 'error' ? 'Error' : 'Warning'}, line{' '}
                  {problem.line}
                </button>
                <span>
                  {problem.path && problem.severity === 'error' ? (
                    <code>{problem.path.replace(/^spec\./, '')} </code>
                  ) : undefined}
                  {problem.message}.{problem.fix ? ` ${problem.fix}.` : ''}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          'Nothing is wrong with it.'
        )}
      </div>
    </div>
  );
}
