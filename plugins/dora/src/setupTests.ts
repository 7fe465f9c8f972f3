import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// Parts of a screen are compiled when they are opened, and typing is slow on a machine that does other work besides.
configure({ asyncUtilTimeout: 5_000 });
jest.setTimeout(30_000);
