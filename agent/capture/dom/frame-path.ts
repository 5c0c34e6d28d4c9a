/** Where a window stands among the frames of the page: indexes from the top, -1 for what no window lists (a frame in a shadow root). */
export function framePathOf(view: Window): string {
  const path: number[] = [];
  for (let current = view; current !== current.top; current = current.parent) path.unshift(indexIn(current.parent, current));
  return path.join('/');
}

/** The windows of other origins can be compared, not read. */
function indexIn(parent: Window, child: Window): number {
  return Array.from({ length: parent.length }, (_, index) => index).find((index) => parent[index] === child) ?? -1;
}
