/** Items beyond this are not spread: arguments lie on the stack, which is small. */
const spreadMax = 1_000;

/** `Array.splice` for any number of items. */
export function splice<T>(array: T[], start: number, deleteCount: number, items: readonly T[]): T[] {
  if (items.length <= spreadMax) return array.splice(start, deleteCount, ...items);
  const rest = array.splice(start);
  for (const item of items) array.push(item);
  for (let index = deleteCount; index < rest.length; index += 1) array.push(rest[index] as T);
  return rest.slice(0, deleteCount);
}
