/** What somebody typed elsewhere to find customers by: handed over in memory alone, never in an address. */
let asked = "";

export function leave(text: string): void {
  asked = text;
}

export function take(): string {
  const text = asked;
  asked = "";
  return text;
}
