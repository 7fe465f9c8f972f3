/** The portal's mark: a road that runs ahead. Decorative beside the name, so hidden from screen readers. */
export function LogoMark(props: { size: number }) {
  return (
    <svg
      viewBox="0 0 32 32"
      width={props.size}
      height={props.size}
      aria-hidden
      focusable="false"
    >
      <rect width="32" height="32" rx="7" fill="#0f4f4a" />
      <path d="M13 5h6l6 22H7z" fill="#e8f1f0" />
      <path
        d="M15.3 7.5h1.4l.3 4h-2zM14.8 14h2.4l.3 4.5h-3zM14.3 21h3.4l.3 4.5h-4z"
        fill="#0f4f4a"
      />
    </svg>
  );
}
