/** Makes a test for titles: every word of the query occurs somewhere, whatever the case and the accents. No query matches all. */
export function titleQuery(query: string | undefined): (title: string) => boolean {
  const words = fold(query ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  return (title) => {
    const folded = words.length === 0 ? '' : fold(title);
    return words.every((word) => folded.includes(word));
  };
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
