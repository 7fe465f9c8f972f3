import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { downloadText } from '@pavedroad/portal-ui';
import { CsvButton } from './CsvButton';

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  downloadText: jest.fn(),
}));

it('makes rows when somebody asks for them, and not to be drawn', async () => {
  const rows = jest.fn(() => [{ service: 'checkout' }]);
  const button = <CsvButton name="services" of="services" rows={rows} />;
  const { rerender } = render(button);
  rerender(<CsvButton name="services" of="services" rows={rows} />);
  expect(rows).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button'));
  expect(rows).toHaveBeenCalledTimes(1);
  expect(downloadText).toHaveBeenCalledWith(
    'services.csv',
    'text/csv',
    'service\r\ncheckout\r\n',
  );
});

it('hands over nothing where there is nothing', () => {
  render(<CsvButton name="services" of="services" isEmpty rows={() => []} />);
  expect(screen.getByRole('button')).toBeDisabled();
});
