import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// Parts of a screen are loaded when they are opened; a busy machine takes longer than a second to compile them.
configure({ asyncUtilTimeout: 5_000 });
