import { type FormEvent, useState } from 'react';

/** The example: replace it with the first thing this application is for, and with it `web/test/Greeting.test.tsx`. */
export function Greeting({ longer }: { longer: boolean }) {
  const [name, setName] = useState('');
  const [greeting, setGreeting] = useState('');
  const greet = (event: FormEvent) => {
    event.preventDefault();
    setGreeting(`Hello, ${name.trim()}!${longer ? ' Nice to meet you.' : ''}`);
  };
  return (
    <>
      <form onSubmit={greet}>
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          value={name}
          onChange={event => setName(event.target.value)}
          required
          maxLength={100}
          autoComplete="name"
        />
        <button type="submit">Greet</button>
      </form>
      <output>{greeting}</output>
    </>
  );
}
