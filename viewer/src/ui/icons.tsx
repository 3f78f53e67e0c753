/** Line icons on a 24 × 24 grid, drawn with the text's colour. Always beside words, so hidden from readers. */

const PATHS = {
  scroll: "M12 3v18M8 7l4-4 4 4M8 17l4 4 4-4",
  contrast: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 3v18M12 8h6M12 12h9M12 16h6",
  zoom: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 21 21M7.5 10.5h6M10.5 7.5v6",
  move: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  drawings: "M4 20 15 9M13 7l4 4M4 4h8M8 4v8M15 18h5",
  invert: "M4 4h16v16H4zM4 20 20 4M14 14h4M8 6v4M6 8h4",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  keys: "M9 9a3 3 0 1 1 4.5 2.6c-.9.5-1.5 1.2-1.5 2.4M12 18v.01M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19Z",
  document: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  share: "M12 15V4M8 7.5 12 3.5l4 4M6 11H5v9h14v-9h-1",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  close: "M6 6l12 12M18 6 6 18",
  unknown: "M4 4h16v16H4zM4 4l16 16",
  length: "M4 20 20 4M2.5 17.5l4 4M17.5 2.5l4 4",
  angle: "M20 5 4 19h17M11 13a8 8 0 0 1 2.5 6",
  lines: "M3 8l18-4M3 16l18 5",
  oval: "M12 6c-5.5 0-9 2.700-9 6s3.500 6 9 6 9-2.700 9-6-3.500-6-9-6Z",
  box: "M4 6h16v12H4z",
  point: "M12 3v6M12 15v6M3 12h6M15 12h6",
  arrow: "M20 4 6 18M6 9v9h9",
  words: "M5 6h14M12 6v13",
  undo: "M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-2",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  star: "M12 3.5l2.600 5.400 5.900.8-4.300 4.100 1 5.900L12 16.900l-5.200 2.800 1-5.900-4.300-4.100 5.900-.8z",
  list: "M9 6h11M9 12h11M9 18h11M4.500 6v.01M4.500 12v.01M4.500 18v.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  measure: "M3 16 16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2",
  turn: "M20 5v5h-5M20 10a8 8 0 1 0 .5 5",
  mirror: "M12 3v18M9 7 4 17h5zM15 7l5 10h-5z",
  flip: "M3 12h18M7 9l10-5v5zM7 15l10 5v-5z",
  reset: "M4 5v5h5M4 10a8 8 0 1 1-.5 5",
  layout: "M4 4h16v16H4zM12 4v16M4 12h16",
  arrange: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM14 17l2.500 2.500L21 15",
  compare: "M4 5h7v14H4zM13 5h7v14h-7zM7.500 9v3M16.500 12v3",
  full: "M4 9V4h5M20 15v5h-5M4 4l6 6M20 20l-6-6",
  redo: "M15 5l5 5-5 5M20 10H10a6 6 0 0 0 0 12h2",
  play: "M8 5v14l11-7z",
  pause: "M8 5v14M16 5v14",
  bounce: "M3 12h18M7 8l-4 4 4 4M17 8l4 4-4 4",
  find: "M12 3v6M12 15v6M3 12h6M15 12h6M12 12v.01",
  warning: "M12 3 2 20h20zM12 9v5M12 17v.01",
  checked: "M4 4h16v16H4zM8 12l3 3 5-6",
  unchecked: "M4 4h16v16H4z",
  sides: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12 4 7.500",
  print: "M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z",
  verified: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8 12l3 3 5-6",
  wave: "M2 13h5l2-4 2 10 3-14 2 8h6",
  film: "M4 5h16v14H4zM10 9v6l5-3z",
  sound: "M4 10v4h4l5 4V6L8 10zM16 9a4 4 0 0 1 0 6",
  darker: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM8 12h8",
  brighter: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  smaller: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 21 21M7.5 10.5h6",
  plain: "M4 4h16v12H4zM8 20h8",
  clinical: "M6 3v6a4 4 0 0 0 8 0V3M10 13v3a5 5 0 0 0 10 0v-3M20 13v-.01",
  more: "M5 12v.01M12 12v.01M19 12v.01",
} as const;

export type IconName = keyof typeof PATHS;

/** Those that point along the text, and so turn round where it runs from the right. */
const ALONG_THE_TEXT: readonly IconName[] = ["undo", "redo", "list", "document"];

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class="icon"
      data-along={ALONG_THE_TEXT.includes(name) || undefined}
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
