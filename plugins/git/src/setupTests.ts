import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// Screens are loaded when they are first opened, which takes its time on a
// busy machine.
configure({ asyncUtilTimeout: 15_000 });
jest.setTimeout(60_000);
