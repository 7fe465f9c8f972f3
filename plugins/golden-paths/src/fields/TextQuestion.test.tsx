import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { TextQuestion, type TextQuestionOptions } from './TextQuestion';

const SENTENCE = {
  title: 'Description',
  description: 'One sentence on what it does for whom',
  minLength: 3,
  maxLength: 20,
  pattern: String.raw`^[\p{L}\p{N}][\p{L}\p{N} .-]*$`,
  errorMessage: { pattern: 'Begin with a letter.' },
};

function Harness(props: {
  schema?: object;
  rows?: number;
  required?: boolean;
  rawErrors?: string[];
}) {
  const { schema = SENTENCE, rows, required = true, rawErrors } = props;
  const [value, setValue] = useState<string>();
  const fieldProps = {
    formData: value,
    onChange: setValue,
    schema,
    uiSchema: rows ? { 'ui:options': { rows } } : undefined,
    idSchema: { $id: 'root_description' },
    required,
    rawErrors,
  };
  return (
    <>
      <TextQuestion
        {...(fieldProps as unknown as FieldExtensionComponentProps<
          string,
          TextQuestionOptions
        >)}
      />
      <span data-testid="answer">{JSON.stringify(value) ?? 'none'}</span>
    </>
  );
}

const field = () => screen.getByRole('textbox', { name: /Description/ });

describe('a text of a form', () => {
  it('says nothing before anything is typed', () => {
    render(<Harness />);
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
    expect(field()).not.toHaveAttribute('aria-invalid');
    expect(
      screen.getByText('One sentence on what it does for whom'),
    ).toBeInTheDocument();
  });

  it.each([
    ['<b>', '“<”, “>” cannot be used here. Begin with a letter.'],
    ['- x', 'Begin with a letter.'],
    ['ab', 'This has 2 characters, 3 is the least.'],
    ['a'.repeat(21), 'This has 21 characters, 20 is the most.'],
  ])('refuses %j as it is typed', async (text, words) => {
    render(<Harness />);
    await userEvent.type(field(), text);
    expect(screen.getByRole('status')).toHaveTextContent(words);
    expect(field()).toHaveAttribute('aria-invalid', 'true');
    expect(field()).toHaveAccessibleDescription(new RegExp(`${words}$`));
  });

  it('says how much room is left before there is none', async () => {
    render(<Harness />);
    await userEvent.type(field(), 'Keeps all balances');
    expect(screen.getByRole('status')).toHaveTextContent(
      '18 of 20 characters.',
    );
    expect(field()).not.toHaveAttribute('aria-invalid');
  });

  it('asks for what is required once the form was sent without it', () => {
    render(<Harness rawErrors={["must have required property 'x'"]} />);
    expect(screen.getByRole('status')).toHaveTextContent('This is needed.');
  });

  it('takes a required answer back, and leaves another one empty', async () => {
    const { unmount } = render(<Harness />);
    await userEvent.type(field(), 'abc');
    expect(screen.getByTestId('answer')).toHaveTextContent('"abc"');
    await userEvent.clear(field());
    expect(screen.getByTestId('answer')).toHaveTextContent('none');
    unmount();
    render(<Harness required={false} />);
    await userEvent.type(field(), 'abc');
    await userEvent.clear(field());
    expect(screen.getByTestId('answer')).toHaveTextContent('""');
  });

  it('shows as many lines as the template wants', () => {
    render(<Harness rows={2} />);
    expect(field()).toHaveAttribute('rows', '2');
  });
});
